extension Chart {
    /// The style sheet of every chart, light and dark. The page's own style sets `--paper`, `--ink`,
    /// `--quiet` and `--line`.
    package static let style = """
        :root {
          --blue: #2c62b4; --orange: #c8571b; --green: #2f7d5b; --violet: #7b54ad;
          --faint: 0.3;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --blue: #79aaf2; --orange: #f0955a; --green: #6cc39a; --violet: #b795e6;
            --faint: 0.38;
          }
        }
        .blue { --hue: var(--blue); } .orange { --hue: var(--orange); }
        .green { --hue: var(--green); } .violet { --hue: var(--violet); }
        .chart {
          position: relative; margin: 0; min-width: 0; container-type: inline-size;
          display: flex; flex-direction: column; justify-content: space-between;
        }
        .chart figcaption {
          display: flex; flex-wrap: wrap; align-items: baseline; gap: 0.1rem 1rem;
        }
        .chart h3 { margin: 0; font-size: 1.0625rem; font-weight: 600; }
        .chart figcaption p { margin: 0; color: var(--quiet); font-size: 0.875rem; }
        .chart figcaption ul {
          display: flex; flex-wrap: wrap; gap: 0 1.1rem; margin: 0; padding: 0;
          list-style: none; font-size: 0.875rem; color: var(--quiet);
        }
        .chart li { display: flex; align-items: baseline; gap: 0.45rem; }
        .chart li i {
          position: relative; align-self: center; width: 1.4rem; border-top: 2.25px solid var(--hue);
          border-radius: 2px;
        }
        .chart li i.faint { opacity: calc(var(--faint) * 1.4); }
        .chart li i.dotted::after {
          content: ""; position: absolute; left: calc(50% - 3.5px); top: -4.6px;
          width: 7px; height: 7px; border-radius: 50%; background: var(--hue);
        }
        .chart svg { display: block; flex: none; box-sizing: border-box; overflow: visible; }
        .chart .curves { overflow: hidden; }
        .chart line { stroke: var(--line); shape-rendering: crispEdges; }
        .chart text {
          fill: var(--quiet); font-size: 12px; font-variant-numeric: tabular-nums;
        }
        .chart text.y { text-anchor: end; }
        .chart text.x { text-anchor: middle; }
        .chart text.mark {
          fill: var(--ink); font-weight: 600; font-size: 12.5px;
          paint-order: stroke; stroke: var(--paper); stroke-width: 5px; stroke-linejoin: round;
        }
        .chart path {
          fill: none; stroke: var(--hue); stroke-width: 2; stroke-linejoin: round;
          stroke-linecap: round; vector-effect: non-scaling-stroke;
        }
        .chart path.faint { stroke-width: 1; opacity: var(--faint); }
        .chart path.dotted { stroke-width: 1.5; }
        .chart circle { fill: var(--hue); stroke: var(--paper); stroke-width: 1.25; }
        .chart circle.ring { fill: none; stroke: var(--hue); stroke-width: 2; }
        .chart .hair {
          position: absolute; width: 1px; background: var(--quiet); opacity: 0.55;
          pointer-events: none;
        }
        .chart .readout {
          position: absolute; z-index: 1; padding: 0.4rem 0.65rem; pointer-events: none;
          background: var(--paper); border: 1px solid var(--line); border-radius: 6px;
          box-shadow: 0 3px 14px rgb(0 0 0 / 0.14); font-size: 0.8125rem; line-height: 1.45;
          white-space: nowrap; font-variant-numeric: tabular-nums;
        }
        .chart .readout p { margin: 0; display: flex; justify-content: space-between; gap: 1rem; }
        .chart .readout p + p span { color: var(--quiet); }
        .chart .readout p + p span::before {
          content: ""; display: inline-block; width: 0.55em; height: 0.55em;
          margin-right: 0.45em; border-radius: 50%; background: var(--hue);
        }
        @container (max-width: 30rem) { .chart text.spare { display: none; } }
        @container (max-width: 15rem) { .chart text.tight { display: none; } }

        """

    /// What puts the values under the pointer into a small box. Every page reads well without it.
    package static let script = """
        for (const figure of document.querySelectorAll("figure.chart")) {
          const svg = figure.querySelector("svg");
          const [x0, x1, y0, y1] = figure.dataset.ends.split(" ").map(Number);
          const curves = [...svg.querySelectorAll("path")].map(path => ({
            name: path.dataset.name, hue: path.classList[1],
            points: path.getAttribute("d").slice(1).split("L").map(pair => {
              const [x, y] = pair.split(" ").map(Number);
              return { x: x0 + x / 1000 * (x1 - x0), y: y1 - y / 1000 * (y1 - y0) };
            }),
          }));
          const label = svg.querySelector("text.label")?.textContent ?? "";
          const hair = figure.appendChild(document.createElement("div"));
          const box = figure.appendChild(document.createElement("div"));
          hair.className = "hair"; box.className = "readout";
          hair.hidden = box.hidden = true;

          const written = value => {
            const size = Math.abs(value);
            if (size >= 1000) return Math.round(value).toLocaleString("en");
            return size && size < 1e-3 ? value.toExponential(2) : value.toPrecision(4);
          };
          const nearest = (points, x) => {
            let low = 0, high = points.length - 1;
            while (high - low > 1) {
              const middle = (low + high) >> 1;
              if (points[middle].x < x) low = middle; else high = middle;
            }
            return x - points[low].x < points[high].x - x ? points[low] : points[high];
          };
          const row = (name, value, hue) => {
            const line = box.appendChild(document.createElement("p"));
            if (hue) line.className = hue;
            line.appendChild(document.createElement("span")).textContent = name;
            line.appendChild(document.createElement("b")).textContent = value;
          };
          const show = event => {
            const outer = figure.getBoundingClientRect(), inner = svg.getBoundingClientRect();
            const style = getComputedStyle(svg), pad = side => parseFloat(style["padding" + side]);
            const left = inner.left + pad("Left"), width = inner.width - pad("Left") - pad("Right");
            const at = Math.min(Math.max((event.clientX - left) / width, 0), 1);
            const found = curves.map(curve => nearest(curve.points, x0 + at * (x1 - x0)));
            const lead = found.reduce((best, point) =>
              Math.abs(point.x - x0 - at * (x1 - x0)) < Math.abs(best.x - x0 - at * (x1 - x0))
                ? point : best);
            const place = left - outer.left + (lead.x - x0) / (x1 - x0) * width;
            const top = inner.top - outer.top + pad("Top");
            box.replaceChildren();
            row(label, Math.round(lead.x).toLocaleString("en"));
            curves.forEach((curve, index) => {
              const near = Math.abs(found[index].x - lead.x) <= (x1 - x0) / 50;
              if (near) row(curve.name, written(found[index].y), curve.hue);
            });
            hair.hidden = box.hidden = false;
            hair.style.cssText =
              `left:${place}px;top:${top}px;height:${inner.height - pad("Top") - pad("Bottom")}px`;
            const room = outer.width - box.offsetWidth;
            const beside = place + 14 > room ? place - 14 - box.offsetWidth : place + 14;
            box.style.cssText = `left:${Math.max(0, Math.min(beside, room))}px;top:${top + 6}px`;
          };
          const hide = () => { hair.hidden = box.hidden = true; };
          svg.addEventListener("pointermove", show);
          svg.addEventListener("pointerdown", show);
          svg.addEventListener("pointerleave", hide);
        }

        """
}
