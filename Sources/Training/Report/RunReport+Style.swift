extension RunReport {
    /// The page's style sheet; the charts bring their own.
    package static let style = """
        :root {
          color-scheme: light dark;
          --paper: #fcfbf9; --ink: #20242a; --quiet: #646b75; --line: #e3e0da; --soft: #f4f2ed;
          --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
          --serif: ui-serif, "Iowan Old Style", "Charter", Cambria, Georgia, serif;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --paper: #15171b; --ink: #e3e5e8; --quiet: #979ea8; --line: #2f333a; --soft: #1d2025;
          }
        }
        * { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
        body {
          margin: 0; background: var(--paper); color: var(--ink);
          font: 1rem/1.55 var(--sans); -webkit-font-smoothing: antialiased;
        }
        main { max-width: 62rem; margin: 0 auto; padding: 4rem 1.75rem 6rem; }
        h1 {
          margin: 0; font-size: clamp(1.75rem, 5vw, 2.5rem); line-height: 1.15; font-weight: 650;
          letter-spacing: -0.02em; overflow-wrap: anywhere; text-wrap: balance;
        }
        h2 { margin: 0 0 1.25rem; font-size: 1.375rem; font-weight: 650; letter-spacing: -0.01em; }
        .kind, .facts { margin: 0; color: var(--quiet); }
        .kind { margin-bottom: 0.35rem; font-size: 0.875rem; }
        .facts { margin-top: 0.5rem; font-variant-numeric: tabular-nums; }
        section { margin-top: 4rem; }
        .figures {
          display: grid; grid-template-columns: repeat(3, minmax(0, 1fr));
          gap: 1.25rem; margin: 2.75rem 0 0; padding: 1.5rem 0;
          border-top: 1px solid var(--line); border-bottom: 1px solid var(--line);
        }
        @media (min-width: 60rem) {
          .figures { grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); }
        }
        .figures div { display: flex; flex-direction: column; min-width: 0; }
        .figures dt { color: var(--quiet); font-size: 0.875rem; line-height: 1.35; }
        .figures dd {
          margin: 0.15rem 0 0; font-size: 1.5625rem; line-height: 1.25; font-weight: 600;
          letter-spacing: -0.015em; word-spacing: -0.08em;
          font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
        }
        .figures small { font-size: 0.68em; font-weight: 500; letter-spacing: 0; }
        .notes {
          margin: 2rem 0 0; padding: 0.9rem 1.25rem; background: var(--soft); border-radius: 8px;
          list-style: none; overflow-wrap: anywhere;
        }
        .notes li + li { margin-top: 0.4rem; }
        .curves.small {
          display: grid; grid-auto-flow: column; grid-auto-columns: minmax(0, 1fr);
          gap: 2.5rem 2rem; margin-top: 3rem;
        }
        @media (max-width: 46rem) { .curves.small { grid-auto-flow: row; } }
        table { border-collapse: collapse; font-size: 0.9375rem; }
        th, td { padding: 0.45rem 0; text-align: left; vertical-align: baseline; }
        summary { width: fit-content; color: var(--quiet); cursor: pointer; }
        summary:hover { color: var(--ink); }
        .evaluations { margin-top: 2.5rem; }
        .evaluations table { margin-top: 0.75rem; font-variant-numeric: tabular-nums; }
        .evaluations th { color: var(--quiet); font-weight: 400; font-size: 0.875rem; }
        .evaluations th, .evaluations td { padding: 0.25rem 2.25rem 0.25rem 0; text-align: right; }
        .evaluations td:last-child { padding-right: 0; color: var(--orange); }
        .evaluations .best td { font-weight: 600; }
        .samples article {
          display: grid; grid-template-columns: 8rem minmax(0, 1fr); gap: 0 1.5rem;
          padding: 1.35rem 0; border-top: 1px solid var(--line);
        }
        .samples .step {
          margin: 0; padding-top: 0.15rem; color: var(--quiet); font-size: 0.875rem;
          font-variant-numeric: tabular-nums;
        }
        .samples .text {
          max-width: 40rem; font: 1.0625rem/1.6 var(--serif); white-space: pre-wrap;
          overflow-wrap: anywhere; tab-size: 4; unicode-bidi: plaintext;
        }
        .samples .text b { color: var(--blue); font-weight: inherit; }
        .samples summary { padding: 0.9rem 0; }
        .samples details { border-top: 1px solid var(--line); }
        .samples details[open] summary { padding-bottom: 1.25rem; }
        .configuration {
          display: grid; gap: 0 3.5rem; align-items: start;
          grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr));
        }
        .configuration h2 { grid-column: 1 / -1; }
        .configuration table { width: 100%; table-layout: fixed; }
        .configuration tr { border-top: 1px solid var(--line); }
        .configuration th { width: 45%; padding-right: 1rem; color: var(--quiet); font-weight: 400; }
        .configuration td { font-variant-numeric: tabular-nums; }
        .configuration th, .configuration td { overflow-wrap: anywhere; }
        @media (max-width: 40rem) {
          main { padding: 2.25rem 1.125rem 4rem; }
          section { margin-top: 3rem; }
          .figures { grid-template-columns: 1fr 1fr; gap: 1.25rem; margin-top: 2rem; }
          .figures dd { font-size: 1.375rem; }
          .samples article { grid-template-columns: minmax(0, 1fr); gap: 0.35rem; }
          .samples .step:empty { display: none; }
        }
        @media print {
          main { max-width: none; padding: 0; }
          figure, article, .figures { break-inside: avoid; }
        }

        """
}
