/** The look of the control plane's pages: light or dark as the system is. */
export const controlStyle = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#f6f7f9, #14171c);
  --card: light-dark(#ffffff, #1d2128);
  --line: light-dark(#dfe3e8, #313742);
  --text: light-dark(#1b2027, #e4e8ee);
  --dim: light-dark(#5c6773, #98a3b0);
  --good: light-dark(#2b8a3e, #69db7c);
  --warn: light-dark(#a85b00, #ffc078);
  --bad: light-dark(#c92a2a, #ff8787);
  --accent: light-dark(#1864ab, #74c0fc);
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0 auto; max-width: 1100px; padding: 0 1.25rem 2rem; background: var(--ground); color: var(--text);
  font: 15px/1.5 system-ui, sans-serif; }
header { padding: 1.1rem 0 .6rem; }
h1 { font-size: 1.05rem; margin: 0; color: var(--dim); font-weight: 600; }
h2 { font-size: .8rem; text-transform: uppercase; letter-spacing: .06em; color: var(--dim); margin: 1.8rem 0 .5rem; }
h3 { font-size: 1rem; margin: 0 0 .4rem; overflow-wrap: anywhere; }
label { display: block; margin-bottom: .3rem; color: var(--dim); }
.line { display: flex; gap: .5rem; flex-wrap: wrap; }
input { flex: 1 1 8rem; min-width: 0; font: inherit; padding: .5rem .7rem; border: 1px solid var(--line); border-radius: 8px;
  background: var(--card); color: var(--text); }
#ask { flex: 5 1 18rem; }
button { font: inherit; padding: .5rem 1rem; border: 1px solid var(--accent); border-radius: 8px; background: transparent; color: var(--accent); cursor: pointer; }
button.main { background: var(--accent); color: var(--ground); }
button:disabled { opacity: .5; cursor: default; }
button.plain { border: 0; padding: 0; text-align: left; text-decoration: underline; overflow-wrap: anywhere; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: .9rem 1rem; margin-top: .8rem; }
.card p { margin: .3rem 0; overflow-wrap: anywhere; white-space: pre-line; }
.badge { border-radius: 99px; padding: .05rem .6rem; font-size: .8rem; font-weight: 650; border: 1px solid currentColor; white-space: nowrap; }
.good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); } .dim { color: var(--dim); }
ol.steps { padding-left: 1.3rem; margin: .6rem 0; }
ol.steps li { margin: .5rem 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; background: var(--card); border: 1px solid var(--line); font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .35rem .7rem; border-top: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
th { color: var(--dim); font-weight: 600; font-size: .8rem; border-top: 0; }
table.diff { width: auto; margin-top: .3rem; font-size: .88rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: .4rem 0; font: 12.5px/1.45 ui-monospace, monospace; max-height: 24rem; overflow: auto; }
code { font: .92em ui-monospace, monospace; overflow-wrap: anywhere; }
#notice { background: var(--card); border: 1px solid var(--bad); border-radius: 10px; padding: .6rem .9rem; }
footer { margin-top: 2rem; } footer a, td a, p a { color: var(--accent); margin-right: .8rem; }
`;
