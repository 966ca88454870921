import ByteIO
import Training

extension AttentionMaps {
    /// The maps as one self-contained page: all heads of a part small, and the chosen one large, with its
    /// words.
    public func page(title: String) -> String {
        let data = JSONValue.array(
            parts.map { part in
                .object([
                    "name": .string(Self.heading(part.name)),
                    "queries": .array(part.queries.map { .string($0) }),
                    "keys": .array(part.keys.map { .string($0) }),
                    "maps": .array(
                        part.weights.map { layer in
                            .array(layer.map { .string(Self.base64($0)) })
                        }),
                ])
            })
        let script = Markup.script(data)
        return """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(Markup.escaped(title)): attention</title>
            <style>\(RunReport.style)\(Self.style)</style></head>
            <body><main>
            <p class="kind">Attention maps</p>
            <h1>\(Markup.escaped(title))</h1>
            <p class="facts" id="facts"></p>
            <nav id="parts"></nav>
            <section class="maps">
            <div id="grid"></div>
            <div id="large"><h2 id="name"></h2><div id="board"></div><p class="facts" id="told"></p></div>
            </section>
            </main>
            <script>const parts = \(script);\(Self.script)</script>
            </body></html>

            """
    }

    private static func heading(_ name: String) -> String {
        switch name {
        case "encoder": "Encoder"
        case "decoder": "Decoder"
        case "cross": "Decoder to encoder"
        default: "Attention"
        }
    }

    /// Probabilities as bytes, 255 for 1, in base64.
    private static func base64(_ values: [Float]) -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        let bytes = values.map { UInt32(max(0, min(255, ($0 * 255).rounded()))) }
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let part = bytes[start..<min(start + 3, bytes.count)]
            let word = part.enumerated().reduce(UInt32(0)) {
                $0 | $1.element << (16 - 8 * $1.offset)
            }
            for index in 0..<4 {
                text.append(
                    index <= part.count ? letters[Int(word >> (18 - 6 * index)) & 63] : 0x3D)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static let style = """

        main { max-width: 84rem; }
        nav { display: flex; gap: 1.25rem; margin-top: 1.5rem; }
        nav button { all: unset; cursor: pointer; color: var(--quiet); padding: 0.25rem 0;
          border-bottom: 2px solid transparent; }
        nav button[aria-pressed=true] { color: var(--ink); border-color: currentColor; }
        nav button:focus-visible, #grid button:focus-visible { outline: 2px solid #3b6fb6; outline-offset: 2px; }
        .maps { display: grid; grid-template-columns: minmax(16rem, 2fr) 3fr; gap: 3rem; margin-top: 2rem; }
        @media (max-width: 60rem) { .maps { grid-template-columns: 1fr; } }
        #grid { display: grid; gap: 6px; align-content: start; }
        #grid span { color: var(--quiet); font-size: 0.75rem; text-align: center; align-self: center; }
        #grid button { all: unset; cursor: pointer; display: block; border-radius: 3px; overflow: hidden;
          outline: 1px solid var(--line); aspect-ratio: 1; }
        #grid button[aria-pressed=true] { outline: 2px solid var(--ink); }
        canvas { display: block; width: 100%; height: 100%; image-rendering: pixelated; }
        #board { display: grid; font-size: 0.8125rem; overflow-x: auto; }
        #board .row { text-align: right; padding-right: 0.5rem; white-space: pre; align-self: center;
          max-width: 9rem; overflow: hidden; text-overflow: ellipsis; }
        #board .column { writing-mode: vertical-rl; transform: rotate(180deg); white-space: pre;
          padding-top: 0.4rem; max-height: 9rem; overflow: hidden; text-overflow: ellipsis; justify-self: center; }
        #board i { min-height: 14px; min-width: 10px; aspect-ratio: 1; }
        #board .lit { font-weight: 650; }
        #told { min-height: 1.6em; }
        """

    private static let script = """

        const ink = matchMedia("(prefers-color-scheme: dark)").matches
          ? v => [21 + v * 100, 23 + v * 170, 27 + v * 228] : v => [252 - v * 229, 251 - v * 180, 249 - v * 108];
        const bytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
        // Small weights must be seen: the root of a probability is what is drawn.
        const colour = v => ink(Math.sqrt(v / 255));
        const visible = t => t.replace(/\\n/g, "\\u21b5").replace(/\\t/g, "\\u21e5").replace(/^ /, "\\u00b7") || "\\u2205";
        const at = id => document.getElementById(id);
        const make = (tag, parent, text) => { const e = document.createElement(tag);
          if (text !== undefined) e.textContent = text; parent.append(e); return e; };
        let part = 0, layer = 0, head = 0;
        function nav() {
          at("parts").replaceChildren();
          if (parts.length < 2) return;
          parts.forEach((p, i) => { const b = make("button", at("parts"), p.name);
            b.setAttribute("aria-pressed", i === part);
            b.onclick = () => { part = i; layer = head = 0; draw(); }; });
        }
        function grid() {
          const p = parts[part], g = at("grid"), heads = Math.max(...p.maps.map(l => l.length));
          g.replaceChildren();
          g.style.gridTemplateColumns = `2rem repeat(${heads}, minmax(14px, 1fr))`;
          make("span", g, "");
          for (let h = 0; h < heads; h++) make("span", g, h);
          p.maps.forEach((maps, l) => {
            make("span", g, l);
            maps.forEach((map, h) => {
              const b = make("button", g), c = make("canvas", b), v = bytes(map);
              b.title = `layer ${l}, head ${h}`; b.setAttribute("aria-pressed", l === layer && h === head);
              b.onclick = () => { layer = l; head = h; draw(); };
              c.width = p.keys.length; c.height = p.queries.length;
              const image = c.getContext("2d").createImageData(c.width, c.height);
              v.forEach((x, i) => { const [r, g, b] = colour(x); image.data.set([r, g, b, 255], 4 * i); });
              c.getContext("2d").putImageData(image, 0, 0);
            });
          });
        }
        function large() {
          const p = parts[part], b = at("board"), v = bytes(p.maps[layer][head]), n = p.keys.length;
          at("name").textContent = `Layer ${layer}, head ${head}`; at("told").textContent = "Rows look at columns.";
          b.replaceChildren();
          b.style.gridTemplateColumns = `auto repeat(${n}, minmax(10px, 2.25rem))`;
          const rows = [], columns = [];
          p.queries.forEach((q, i) => {
            rows.push(make("span", b, visible(q))); rows[i].className = "row";
            p.keys.forEach((k, j) => {
              const c = make("i", b), x = v[i * n + j]; c.style.background = `rgb(${colour(x).map(Math.round)})`;
              c.onmouseenter = () => { rows[i].classList.add("lit"); columns[j].classList.add("lit");
                at("told").textContent = `\\u201c${visible(q)}\\u201d looks at \\u201c${visible(k)}\\u201d: ${(x / 2.55).toFixed(1)} %`; };
              c.onmouseleave = () => { rows[i].classList.remove("lit"); columns[j].classList.remove("lit"); };
            });
          });
          make("span", b, "");
          p.keys.forEach(k => { const c = make("span", b, visible(k)); c.className = "column"; columns.push(c); });
        }
        function draw() {
          const p = parts[part];
          at("facts").textContent = `${p.maps.length} layers, ${p.maps[0].length} heads, ` +
            `${p.queries.length} words looking at ${p.keys.length}`;
          nav(); grid(); large();
        }
        draw();
        """
}
