/** The look of the status page: light or dark as the system is. */
export const statusStyle = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#f6f7f9, #14171c);
  --card: light-dark(#ffffff, #1d2128);
  --line: light-dark(#dfe3e8, #313742);
  --text: light-dark(#1b2027, #e4e8ee);
  --dim: light-dark(#5c6773, #98a3b0);
  --busy: light-dark(#d9480f, #ff8f5a);
  --held: light-dark(#343a40, #868e96);
  --idle: light-dark(#a5c8f0, #35608f);
  --good: light-dark(#2b8a3e, #69db7c);
  --bad: light-dark(#c92a2a, #ff8787);
  --accent: light-dark(#1864ab, #74c0fc);
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1200px; padding: 0 1.25rem 2rem; background: var(--ground); color: var(--text);
  font: 14px/1.45 system-ui, sans-serif; }
header { display: flex; align-items: baseline; gap: .8rem; padding: 1.1rem 0 .8rem; flex-wrap: wrap; }
h1 { font-size: 1.05rem; margin: 0; color: var(--dim); font-weight: 600; }
#job { font-size: 1.35rem; font-weight: 650; }
#uptime { color: var(--dim); }
h2 { font-size: .8rem; text-transform: uppercase; letter-spacing: .06em; color: var(--dim); margin: 1.6rem 0 .5rem; }
.badge { border-radius: 99px; padding: .1rem .65rem; font-size: .78rem; font-weight: 650; border: 1px solid currentColor; }
.badge:empty { display: none; }
.good { color: var(--good); } .bad { color: var(--bad); } .dim { color: var(--dim); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(180px, 1fr)); gap: .8rem; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: .75rem .9rem; min-height: 6.2rem; }
.tile .label { color: var(--dim); font-size: .8rem; }
.tile .value { font-size: 1.55rem; font-weight: 650; font-variant-numeric: tabular-nums; }
.tile .more { color: var(--dim); font-size: .8rem; }
.tile svg { width: 100%; height: 28px; display: block; margin-top: .25rem; }
.tile polyline { fill: none; stroke: var(--accent); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
#graph { display: grid; gap: .6rem; }
.vertex { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: .7rem .9rem; }
.vertex .name { font-weight: 600; overflow-wrap: anywhere; }
.vertex .figures { color: var(--dim); font-variant-numeric: tabular-nums; display: flex; gap: 1.1rem; flex-wrap: wrap; margin-top: .15rem; }
.subtasks { display: grid; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); gap: .5rem; margin-top: .55rem; }
.bar { display: flex; height: 9px; border-radius: 5px; overflow: hidden; background: var(--line); }
.bar i { display: block; height: 100%; } .bar .busy { background: var(--busy); } .bar .held { background: var(--held); } .bar .idle { background: var(--idle); }
.subtask small { color: var(--dim); font-variant-numeric: tabular-nums; }
.ship { color: var(--dim); text-align: center; font-size: .8rem; }
table { border-collapse: collapse; width: 100%; background: var(--card); border: 1px solid var(--line); border-radius: 10px; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .35rem .8rem; border-top: 1px solid var(--line); vertical-align: top; }
th { color: var(--dim); font-weight: 600; font-size: .78rem; border-top: 0; }
td.number, th.number { text-align: right; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; font: 12.5px/1.45 ui-monospace, monospace; }
#notice { background: var(--card); border: 1px solid var(--bad); border-radius: 10px; padding: .6rem .9rem; }
footer { margin-top: 2rem; color: var(--dim); } footer a { color: var(--accent); margin-right: .8rem; }
`;
