extension TokenPage {
    /// What the page adds to the style of a report.
    static let style = """

        :root {
          --a: #d9e8fb; --b: #dcf1da; --c: #fdeac6; --d: #f1dff4; --e: #d3f0ee;
          --same: #ffd54a; --same-ink: #20242a; --bar: #3b6fb6; --dim: #8a8f98;
          --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --a: #1f3552; --b: #20422a; --c: #4b3a15; --d: #45294d; --e: #15423f;
            --same: #e0b62a; --same-ink: #15171b; --bar: #79aaf2; --dim: #8b929c;
          }
        }
        .figures dd { margin-top: auto; padding-top: 0.15rem; }
        .overview {
          display: grid; gap: 2.5rem; align-items: start;
          grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr));
        }
        .overview h2 { font-size: 1.0625rem; margin-bottom: 0.75rem; }
        .lengths { margin: 0; min-width: 0; }
        @media (max-width: 60rem) { .lengths { grid-column: 1 / -1; } }
        .lengths svg { display: block; box-sizing: border-box; overflow: visible; }
        .lengths line { stroke: var(--line); shape-rendering: crispEdges; }
        .lengths rect { fill: var(--bar); }
        .lengths rect:hover { opacity: 0.75; }
        .lengths text { fill: var(--quiet); font-size: 12px; font-variant-numeric: tabular-nums; }
        .lengths text.y { text-anchor: end; }
        .lengths text.x { text-anchor: middle; }
        .list { min-width: 0; }
        .list table { width: 100%; table-layout: fixed; font-variant-numeric: tabular-nums; }
        .list th, .list td {
          padding: 0.2rem 0 0.2rem 0.5rem; text-align: right; white-space: nowrap;
        }
        .list thead th { color: var(--quiet); font-weight: 400; font-size: 0.875rem; }
        .list th:first-child { padding-left: 0; width: 40%; text-align: left; }
        .list button {
          max-width: 100%; padding: 0 0.3em; border: 0; border-radius: 3px; cursor: pointer;
          overflow: hidden; text-overflow: ellipsis; white-space: pre; vertical-align: bottom;
          color: inherit; background: var(--a); font: 0.875rem/1.5 var(--mono);
          unicode-bidi: isolate;
        }
        .list button:hover { background: var(--same); color: var(--same-ink); }
        label.facts { display: inline-block; cursor: pointer; }
        #text {
          position: relative; margin-top: 1.25rem; border-radius: 2px;
          font: 0.9375rem/1.85 var(--mono); white-space: pre-wrap; overflow-wrap: anywhere;
          tab-size: 4; font-variant-ligatures: none;
        }
        #text:focus-visible, button:focus-visible { outline: 2px solid var(--bar); outline-offset: 6px; }
        button:focus-visible { outline-offset: 1px; }
        #text > div {
          content-visibility: auto; contain-intrinsic-size: auto 60rem; unicode-bidi: plaintext;
        }
        #text span {
          padding: 0.18em 0; border-radius: 3px; cursor: default; scroll-margin-block: 9rem;
          -webkit-box-decoration-break: clone; box-decoration-break: clone;
        }
        #text span:nth-child(5n+1) { background: var(--a); }
        #text span:nth-child(5n+2) { background: var(--b); }
        #text span:nth-child(5n+3) { background: var(--c); }
        #text span:nth-child(5n+4) { background: var(--d); }
        #text span:nth-child(5n) { background: var(--e); }
        #text span.gap { background: none; color: var(--quiet); }
        #text span.special { background: var(--ink); color: var(--paper); font-weight: 650; }
        #text span.same { background: var(--same); color: var(--same-ink); }
        #text span.here { outline: 2px solid var(--ink); outline-offset: 0; }
        #text span[data-s]::before {
          content: attr(data-s); padding: 0 0.2em; font-size: 0.75em; opacity: 0.65;
        }
        #text i { font-style: normal; font-size: 0.85em; color: var(--quiet); unicode-bidi: isolate; }
        #text i.n, #text i.t { font-size: inherit; color: var(--dim); }
        #text i.n::before { content: "⏎"; }
        #text i.t::before { content: "→"; position: absolute; }
        #text .special i, #text .same i { color: inherit; }
        #panel {
          position: fixed; z-index: 1; width: max-content; max-width: min(26rem, calc(100vw - 16px));
          max-height: 60vh; padding: 0.7rem 0.9rem; overflow: auto; pointer-events: none;
          background: var(--soft); border: 1px solid var(--line); border-radius: 8px;
          box-shadow: 0 6px 24px rgb(0 0 0 / 0.18); font-size: 0.875rem; line-height: 1.45;
        }
        #panel.pinned { pointer-events: auto; border-color: var(--quiet); }
        #shown {
          margin: 0 0 0.4rem; font: 600 1rem/1.4 var(--mono); white-space: pre-wrap;
          overflow-wrap: anywhere; unicode-bidi: isolate;
        }
        #told {
          display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 0.1rem 0.9rem; margin: 0;
        }
        #told dt { color: var(--quiet); }
        #told dd {
          margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums;
          unicode-bidi: isolate;
        }
        #told dd.code { font-family: var(--mono); }
        @media (max-width: 40rem) {
          .list tbody tr:nth-child(n+6) { display: none; }
          #panel {
            left: 0 !important; right: 0; top: auto !important; bottom: 0; width: auto;
            max-width: none; max-height: 40vh; border-width: 1px 0 0; border-radius: 12px 12px 0 0;
            padding-bottom: max(0.9rem, env(safe-area-inset-bottom));
          }
        }
        @media print { #panel, label.facts, #hint { display: none; } }

        """

    /// What tells about the token under the pointer, or where the keys are. The page reads well without it.
    static let script = #"""

        const at = id => document.getElementById(id);
        const data = JSON.parse(at("data").textContent);
        const text = at("text"), panel = at("panel");
        const spans = [...text.querySelectorAll("span")];
        const tokens = [], starts = [], places = data.ids.map(() => []);
        const special = new Set(data.special);
        let size = 0;
        spans.forEach((span, index) => {
          const token = span.getAttribute("data-i");
          span.index = index;
          tokens.push(token === null ? -1 : Number(token));
          starts.push(size);
          size += data.lengths[index];
          if (token !== null) places[token].push(index);
        });
        const written = value => value.toLocaleString("en");
        let here = -1, lit = -1, isPinned = false;

        function light(token) {
          if (token === lit) return;
          const mark = isOn => (places[lit] ?? []).forEach(
            place => spans[place].classList.toggle("same", isOn));
          mark(false);
          lit = token;
          mark(true);
        }
        function tell(shown, token, index) {
          const rows = [], count = places[token]?.length;
          if (token < 0) rows.push(["token", "none stands for this text"]);
          else rows.push(["id", data.ids[token] + (special.has(token) ? ", a special token" : "")],
            ["in the file", data.names[token], "code"], ["bytes", data.bytes[token] || "none", "code"]);
          if (index !== undefined) {
            const length = data.lengths[index];
            rows.push(["offset", `${starts[index]}, ${
              length === 0 ? "its text is with the token beside it"
              : length === 1 ? "1 byte" : written(length) + " bytes"}`]);
          }
          if (token >= 0) rows.push(["occurs", count === 1 ? "once" : index === undefined
            ? `${written(count)} times`
            : `${written(count)} times, here number ${written(places[token].indexOf(index) + 1)}`]);
          at("shown").textContent = shown;
          at("told").replaceChildren(...rows.flatMap(([name, value, kind]) => {
            const term = document.createElement("dt"), detail = document.createElement("dd");
            term.textContent = name;
            detail.textContent = value;
            if (kind) detail.className = kind;
            return [term, detail];
          }));
          panel.hidden = false;
        }
        function put(element, y) {
          const lines = [...element.getClientRects()];
          const line = lines.find(line => y >= line.top && y <= line.bottom) ?? lines[0];
          if (!line) return;
          const room = document.documentElement.clientWidth - panel.offsetWidth - 8;
          const isLow = line.bottom + panel.offsetHeight + 16 > innerHeight;
          const top = isLow ? line.top - panel.offsetHeight - 8 : line.bottom + 8;
          panel.style.left = `${Math.max(8, Math.min(line.left, room))}px`;
          panel.style.top = `${Math.max(8, top)}px`;
        }
        function show(index, y) {
          spans[here]?.classList.remove("here");
          here = index;
          const span = spans[index], token = tokens[index];
          span.classList.add("here");
          light(token);
          const shown = span.textContent.replaceAll("\u200b", "").replaceAll(" ", "·")
            .replaceAll("\n", "⏎").replaceAll("\t", "→");
          tell(shown || data.names[token], token, index);
          put(span, y);
        }
        function hide() {
          spans[here]?.classList.remove("here");
          here = -1;
          light(-1);
          pin(false);
          panel.hidden = true;
        }
        function pin(isOn) {
          isPinned = isOn;
          panel.classList.toggle("pinned", isOn);
        }
        function go(index, block) {
          pin(true);
          // Blocks out of view get their true height only when they come into it: the second time is exact.
          spans[index].scrollIntoView({ block });
          requestAnimationFrame(() => {
            spans[index].scrollIntoView({ block });
            if (here === index) put(spans[index]);
          });
          show(index);
        }
        const turned = (list, step) =>
          list[(list.indexOf(here) + step + list.length) % list.length];

        text.addEventListener("pointerover", event => {
          const span = event.target.closest("#text span");
          if (span && !isPinned && event.pointerType !== "touch") show(span.index, event.clientY);
        });
        text.addEventListener("pointerleave", () => { if (!isPinned) hide(); });
        document.addEventListener("click", event => {
          const span = event.target.closest("#text span"), button = event.target.closest("[data-i]");
          if (span) {
            // The end of a selection is no wish to see a token.
            if (!getSelection().isCollapsed) return;
            if (isPinned && here === span.index) return hide();
            pin(true);
            show(span.index, event.clientY);
          } else if (button) {
            go(turned(places[button.dataset.i], 1), "center");
            text.focus({ preventScroll: true });
          } else if (!panel.contains(event.target)) hide();
        });
        text.addEventListener("focus", () => {
          if (here < 0 && spans.length && text.matches(":focus-visible")) go(0, "nearest");
        });
        text.addEventListener("keydown", event => {
          if (event.ctrlKey || event.metaKey || event.altKey || !spans.length) return;
          const same = places[tokens[here]] ?? [here];
          let next;
          switch (event.key) {
            case "ArrowRight": next = here + 1; break;
            case "ArrowLeft": next = here - 1; break;
            case "Home": next = 0; break;
            case "End": next = spans.length - 1; break;
            case "Enter": next = turned(same, event.shiftKey ? -1 : 1); break;
            default: return;
          }
          event.preventDefault();
          go(Math.max(0, Math.min(next, spans.length - 1)), "nearest");
        });
        document.addEventListener("keydown", event => { if (event.key === "Escape") hide(); });
        addEventListener("scroll", () => {
          if (here >= 0 && !panel.hidden) put(spans[here]);
        }, { passive: true });

        for (const button of document.querySelectorAll(".list button")) {
          const look = () => {
            if (isPinned) return;
            const token = Number(button.dataset.i);
            light(token);
            tell(button.textContent, token);
            put(button);
          };
          const leave = () => { if (!isPinned) hide(); };
          button.addEventListener("pointerenter", look);
          button.addEventListener("focus", look);
          button.addEventListener("pointerleave", leave);
          button.addEventListener("blur", leave);
        }

        const originals = new Map();
        at("spaces").addEventListener("change", event => {
          for (const [node, words] of originals) node.data = words;
          originals.clear();
          if (!event.target.checked) return;
          const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
          while (walker.nextNode()) {
            const node = walker.currentNode;
            if (!node.data.includes(" ") || node.parentNode.localName === "i") continue;
            originals.set(node, node.data);
            // Lines may break after a space, and so after its mark.
            node.data = node.data.replaceAll(" ", "·\u200b");
          }
        });
        """#
}
