/** The look of the page: system fonts, no picture, and nothing from anywhere else. */
export const STYLE = `
:root { color-scheme: light dark; --ground: #f6f6f3; --card: #fff; --text: #1b1e22; --quiet: #565c64; --line: #dcdcd6;
  --good: #1c6b3e; --doubtful: #855300; --bad: #a4262c; --neutral: #4a5561; --good-soft: #dcebdf; --doubtful-soft: #f6e6c8; --bad-soft: #f7dcdc; --neutral-soft: #e8eaec; }
@media (prefers-color-scheme: dark) { :root { --ground: #111416; --card: #191d20; --text: #e4e6e8; --quiet: #a0a8b0; --line: #2d3338;
  --good: #6cc48c; --doubtful: #e2ae55; --bad: #f0898b; --neutral: #a9b4bf; --good-soft: #18301f; --doubtful-soft: #352a14; --bad-soft: #3b1d1f; --neutral-soft: #252b30; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 0 1rem 2rem; background: var(--ground); color: var(--text); overflow-anchor: none;
  font: 0.9375rem/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
code, .mono { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 0.92em; }
header { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: baseline; gap: 0 1rem; padding: 0.75rem 0; }
h1 { font-size: 1.25rem; margin: 0; }
h2 { font-size: 0.8125rem; font-weight: 600; letter-spacing: 0.04em; text-transform: uppercase; color: var(--quiet); margin: 0 0 0.6rem; }
h3 { font-size: 0.875rem; margin: 0; }
p { margin: 0 0 0.3rem; }
ul, ol { list-style: none; margin: 0; padding: 0; }
.quiet, .more, .age, .doc, .scale { color: var(--quiet); font-weight: normal; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
#connection { margin: 0; color: var(--quiet); }
#connection.live::before { content: "\\25CF  "; color: var(--good); }
#connection.lost { flex-basis: 100%; order: 1; margin-top: 0.5rem; padding: 0.5rem 0.8rem; border-radius: 6px; background: var(--bad-soft); color: var(--text); border-left: 5px solid var(--bad); }
.stale main { opacity: 0.75; }
main { display: grid; grid-template-columns: repeat(12, minmax(0, 1fr)); gap: 1rem; align-items: start; }
.column { grid-column: span 12; display: grid; gap: 1rem; }
section { min-width: 0; padding: 0.9rem 1rem; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
.part-announcement { padding: 0; border: 0; background: none; }
.part-announcement > h2 { position: absolute; clip-path: inset(50%); }
.panel { padding: 1.1rem 1.3rem 1rem; border-radius: 8px; color: #fff; }
.panel.good { background: #1c6b3e; } .panel.doubtful { background: #7d4e00; } .panel.bad { background: #9b2329; }
.panel .age, .panel .quiet { color: inherit; }
.panel .state { font-size: clamp(2.6rem, 9.5vw, 4.75rem); line-height: 1.05; font-weight: 700; letter-spacing: -0.02em; margin: 0 0 0.4rem; overflow-wrap: normal; }
.panel .state::first-letter { text-transform: uppercase; }
.panel .prefixes { font-size: 1.125rem; }
.panel .why { margin-top: 0.8rem; padding-top: 0.7rem; border-top: 1px solid rgb(255 255 255 / 0.35); font-size: 1.0625rem; }
.notice { margin-top: 0.75rem; padding: 0.7rem 1rem; border-radius: 8px; border-left: 5px solid; background: var(--card); }
.notice.doubtful, .conditions .doubtful { border-color: var(--doubtful); } .notice.neutral, .conditions .neutral { border-color: var(--neutral); } .conditions .bad { border-color: var(--bad); }
.nowrap { white-space: nowrap; }
.badge { display: inline-block; overflow-wrap: normal; padding: 0 0.5em; border-radius: 4px; font-weight: 600; font-size: 0.9em; }
.badge .sign { margin-right: 0.35em; }
.badge.good { color: var(--good); background: var(--good-soft); } .badge.doubtful { color: var(--doubtful); background: var(--doubtful-soft); }
.badge.bad { color: var(--bad); background: var(--bad-soft); } .badge.neutral { color: var(--neutral); background: var(--neutral-soft); }
.conditions li { padding: 0.1rem 0 0.1rem 0.8rem; border-left: 4px solid; } .conditions li + li { margin-top: 0.9rem; }
.conditions .detail { padding-left: 0.6rem; } .conditions .hint { color: var(--quiet); }
svg { display: block; max-width: 100%; height: auto; margin: 0 auto; }
.topology.wide { width: 720px; } .topology.narrow { width: 350px; display: none; }
.topology text { text-anchor: middle; fill: var(--quiet); font-size: 12px; } .topology text.title { fill: var(--text); font-weight: 600; font-size: 13px; } .topology text.mono { fill: var(--text); }
.topology text.good { fill: var(--good); } .topology text.doubtful { fill: var(--doubtful); } .topology text.bad { fill: var(--bad); }
.box { fill: var(--card); stroke: var(--line); stroke-width: 1.5; } .box.own { fill: var(--neutral-soft); stroke-width: 3; }
.box.good { stroke: var(--good); } .box.doubtful { stroke: var(--doubtful); } .box.bad { stroke: var(--bad); }
.wire { fill: none; stroke-width: 3; } .wire.good { stroke: var(--good); } .wire.doubtful { stroke: var(--doubtful); stroke-dasharray: 7 4; } .wire.bad { stroke: var(--bad); stroke-dasharray: 2 5; } .wire.neutral { stroke: var(--line); }
.bus { fill: none; stroke: var(--neutral); stroke-width: 1.5; } .range { fill: var(--card); stroke: var(--neutral); stroke-width: 1.5; }
.strip { width: 100%; height: 36px; border-radius: 4px; } .strip .before { fill: var(--neutral-soft); }
.strip .good { fill: var(--good); } .strip .doubtful { fill: var(--doubtful); } .strip .bad { fill: var(--bad); }
.scale { display: flex; justify-content: space-between; font-size: 0.8125rem; }
.timeline li { padding: 0.25rem 0; } .timeline li + li { border-top: 1px solid var(--line); } .timeline .when { color: var(--quiet); } .timeline p { margin: 0.15rem 0 0; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: 0.35rem 0.75rem 0.35rem 0; text-align: left; vertical-align: top; font-weight: normal; border-top: 1px solid var(--line); }
tbody th { min-width: 6.5rem; }
thead th { overflow-wrap: normal; border-top: 0; padding-top: 0; color: var(--quiet); font-size: 0.8125rem; }
summary { cursor: pointer; width: fit-content; } details ul { padding: 0.2rem 0 0 1rem; }
form { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; margin-bottom: 0.6rem; }
input { flex: 1 1 12rem; max-width: 24rem; font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--quiet); border-radius: 6px; padding: 0.35rem 0.6rem; }
input::placeholder { color: var(--quiet); opacity: 1; }
:focus-visible { outline: 3px solid var(--good); outline-offset: 2px; }
.counters { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: 0.8rem 1.6rem; margin-bottom: 1rem; }
.counter .sum { font-size: 1.5rem; font-weight: 600; } .counter li { display: flex; justify-content: space-between; gap: 0.8rem; color: var(--quiet); } .counter b { color: var(--text); }
.facts { display: grid; grid-template-columns: minmax(7rem, max-content) minmax(0, 1fr); gap: 0.25rem 1rem; margin: 0; } .facts dt { color: var(--quiet); } .facts dd { margin: 0; }
@media (min-width: 60rem) { .column:nth-child(2) { grid-column: span 5; } .column:nth-child(3) { grid-column: span 7; } .part-servers tbody th { white-space: nowrap; }
  .panel { display: grid; grid-template-columns: minmax(0, max-content) minmax(0, 1fr); gap: 0 3rem; align-items: center; } .panel .why, .panel .hint { grid-column: span 2; }
  .part-servers td:nth-child(-n + 5) { text-align: right; padding-right: 1.5rem; } .part-servers thead th:nth-child(n + 2):nth-child(-n + 5) { text-align: right; padding-right: 1.5rem; } }
@media (max-width: 47rem) {
  body { padding: 0 0.6rem 1.5rem; } section { padding: 0.8rem; } main { gap: 0.7rem; grid-template-columns: minmax(0, 1fr); } .column { display: contents; }
  .part-conditions { order: 1; } .part-topology { order: 2; } .part-timeline { order: 3; } .part-peers { order: 4; } .part-checks { order: 5; } .part-servers { order: 6; } .part-others { order: 7; } .part-source { order: 8; } .part-counters { order: 9; } .part-left-out { order: 10; }
  .topology.wide { display: none; } .topology.narrow { display: block; }
  table, tbody, tr, th, td { display: block; } thead { position: absolute; clip-path: inset(50%); height: 1px; overflow: hidden; }
  tr { padding: 0.5rem 0; border-top: 1px solid var(--line); } tbody tr:first-child { border-top: 0; padding-top: 0; } tbody th, td { border: 0; padding: 0.1rem 0; }
  td { display: grid; grid-template-columns: 7.5rem minmax(0, 1fr); gap: 0.5rem; } td::before { content: attr(data-title); color: var(--quiet); } td:has(> div:empty) { display: none; }
  .part-servers tbody tr { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 0 0.6rem; } .part-servers tbody th { grid-column: span 3; } .part-servers td { display: block; } .part-servers td::before { display: block; font-size: 0.8125rem; }
  .part-checks tbody tr, .part-others tbody tr { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 0.6rem; } .part-checks td, .part-others td { display: block; } .part-checks td:nth-child(n + 3), .part-others td:nth-child(n + 3) { grid-column: span 2; } .part-checks td::before, .part-others td:nth-child(-n + 3)::before { content: none; } .part-others td::before { content: attr(data-title) ": "; } .part-others td:nth-child(4) > div { display: inline; }
  .part-others td:has(> div:empty) { display: none; }
}
`;
