/** The pages' whole style sheet. */
export const STYLE = `
:root { color-scheme: light dark; --fg: #1c2330; --dim: #667085; --bg: #f7f8fa; --card: #ffffff; --line: #e3e7ee; --link: #1f5fd6;
	--good: #14804a; --good-bg: #e5f6ec; --bad: #b42318; --bad-bg: #fdecea; --mark: #eef3fd; }
@media (prefers-color-scheme: dark) { :root { --fg: #e4e8ef; --dim: #98a2b3; --bg: #11151c; --card: #191f29; --line: #2b3340; --link: #7fb0ff;
	--good: #6ce0a0; --good-bg: #123524; --bad: #ff9c91; --bad-bg: #3d1a17; --mark: #1d2a40; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--fg); font: 14px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; }
header { background: var(--card); border-bottom: 1px solid var(--line); }
header > div, main { max-width: 1200px; margin: 0 auto; padding: 12px 20px; }
header > div { display: flex; gap: 20px; align-items: center; flex-wrap: wrap; }
header strong a { color: inherit; font-size: 16px; }
header form { flex: 1; min-width: 260px; display: flex; gap: 8px; }
input, button { font: inherit; color: inherit; background: var(--bg); border: 1px solid var(--line); border-radius: 6px; padding: 6px 10px; }
input { flex: 1; }
h1 { font-size: 20px; margin: 18px 0 12px; overflow-wrap: anywhere; }
h2 { font-size: 15px; margin: 26px 0 8px; }
h2 small, h1 small { color: var(--dim); font-weight: normal; }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
code, .mono { font-family: ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace; font-size: 12.5px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 6px 12px; border-top: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
tr:first-child > th, tr:first-child > td { border-top: 0; }
thead th { color: var(--dim); font-weight: 500; white-space: nowrap; }
tbody th { color: var(--dim); font-weight: 500; width: 190px; white-space: nowrap; }
.number { width: 1%; text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
td table th, td table td { padding: 1px 12px 1px 0; border-top: 0; }
td table th { width: 1%; }
.nowrap { white-space: nowrap; }
.dim { color: var(--dim); }
.badge { display: inline-block; padding: 1px 9px; border-radius: 10px; font-size: 12px; font-weight: 600; white-space: nowrap; }
.good { color: var(--good); background: var(--good-bg); }
.bad { color: var(--bad); background: var(--bad-bg); }
.plain { color: var(--dim); background: var(--mark); }
.failure { border-color: var(--bad); background: var(--bad-bg); padding: 12px 16px; }
.failure p { margin: 0 0 4px; font-weight: 600; color: var(--bad); }
.trace td { padding: 2px 12px; border-top: 0; }
.trace td:first-child { padding-left: calc(12px + var(--depth, 0) * 18px); }
.trace .command td { padding-top: 8px; font-weight: 600; border-top: 1px solid var(--line); }
.trace .failed td { background: var(--bad-bg); color: var(--bad); font-weight: 600; }
.trace .step td { color: var(--dim); }
.trace .step b { color: var(--fg); font-weight: 500; }
.trace .cut td { text-align: center; background: var(--mark); color: var(--dim); }
details { padding: 6px 12px; border-top: 1px solid var(--line); }
details:first-child { border-top: 0; }
summary { cursor: pointer; overflow-wrap: anywhere; }
pre { margin: 8px 0; overflow-x: auto; }
.empty { padding: 10px 14px; color: var(--dim); }
`;
