import { html, type Html } from './html.ts'

export const pageStyle: Html = html`
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { margin: 0; display: grid; grid-template-columns: 19rem 1fr; font: 15px/1.5 system-ui, sans-serif; }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1rem; box-sizing: border-box; border-right: 1px solid var(--line); }
nav a { display: block; padding: .1rem 0 .1rem .5rem; color: inherit; text-decoration: none; font-size: .85rem; }
nav a:hover { background: var(--soft); }
main { padding: 1rem 2rem; max-width: 60rem; min-width: 0; }
summary { cursor: pointer; }
article { border-top: 1px solid var(--line); padding: .5rem 0 1rem; scroll-margin-top: 1rem; }
article:target { background: var(--soft); }
h3 { font-size: 1rem; overflow-wrap: anywhere; }
h4 { margin: .8rem 0 .2rem; }
table { border-collapse: collapse; margin: .3rem 0; }
th, td { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0; border-top: 1px solid var(--line); font-weight: normal; overflow-wrap: anywhere; }
pre { background: var(--soft); padding: .6rem; overflow: auto; font-size: .85rem; }
code { font-size: .9em; }
.note { opacity: .75; }
.method { font: bold .7rem monospace; padding: .1rem .3rem; border: 1px solid; border-radius: .2rem; }
.get, .head { color: #2a7de1; } .put, .patch { color: #b07800; } .post { color: #2e8b57; } .delete { color: #c0392b; }
@media (max-width: 50rem) { body { display: block; } nav { position: static; height: auto; } }
`
