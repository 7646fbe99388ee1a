/** The whole look of the page: nothing is loaded. */
export const style = `
:root { color-scheme: light dark; --page: #fff; --text: #1c2430; --soft: #5a6675; --line: #d9dee5; --card: #f4f6f9;
  --good: #17763a; --bad: #b3261e; --doubt: #8a5a00; --bar: #2f6fb2; }
@media (prefers-color-scheme: dark) {
  :root { --page: #12161c; --text: #e4e9f0; --soft: #9aa7b6; --line: #2d3643; --card: #1a2029;
    --good: #5cc98a; --bad: #ff8a80; --doubt: #e6b450; --bar: #5f9fe0; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1080px; padding: 24px 16px 64px; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 24px; line-height: 1.25; margin: 0 0 4px; }
h2 { font-size: 18px; margin: 36px 0 8px; }
p { margin: 6px 0; }
.soft, .tick { color: var(--soft); fill: var(--soft); }
.verdict { border-left: 6px solid; padding: 10px 14px; margin: 16px 0; background: var(--card); }
.verdict strong { font-size: 17px; }
.same { color: var(--good); } .differs, .missing { color: var(--bad); } .partly-compared, .not-compared { color: var(--doubt); }
.verdict p { color: var(--text); }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(230px, 45%), 1fr)); gap: 10px; margin: 16px 0; padding: 0; }
.facts div { background: var(--card); padding: 10px 12px; border-radius: 6px; }
.facts dt { color: var(--soft); font-size: 13px; }
.facts dd { margin: 0; font-size: clamp(16px, 4.2vw, 19px); font-weight: 600; }
.facts dd small { display: block; color: var(--soft); font-size: 13px; font-weight: 400; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; vertical-align: top; padding: 5px 14px 5px 0; border-bottom: 1px solid var(--line); overflow-wrap: break-word; }
td code, td .missing, td .differs { display: block; }
td code { min-width: 12ch; overflow-wrap: anywhere; }
th { color: var(--soft); font-weight: 500; }
th:last-child, td:last-child { padding-right: 0; }
th.n, td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
details { margin: 8px 0; }
summary { cursor: pointer; color: var(--soft); padding: 4px 0; }
ol, ul { padding-left: 22px; margin: 6px 0; }
li { margin: 4px 0; }
.names { columns: 320px; }
svg { display: block; margin: 12px 0; overflow: visible; font-size: 12.5px; fill: var(--text); }
svg line { stroke: var(--line); }
svg .done { fill: var(--bar); } svg .failed { fill: var(--bad); }
footer { margin-top: 40px; padding-top: 12px; border-top: 1px solid var(--line); font-size: 13px; }
`;
