// The console's part of the style sheet: the frame around its pages, tables, forms and notes.

export const consoleStyle = `
.skip { position: absolute; left: -999rem; top: 0; background: var(--card); color: var(--link); padding: .6rem 1rem; z-index: 2 }
.skip:focus { left: .5rem; top: .5rem }
[hidden] { display: none !important }
.bar { grid-column: 1 / -1; display: flex; flex-wrap: wrap; align-items: center; gap: .35rem 1.25rem; padding: .55rem 1.25rem;
  background: var(--card); border-bottom: 1px solid var(--line); font-size: .9rem }
.bar p, .bar form { margin: 0 }
.switched { border-top: 4px solid var(--away) }
.brand { display: inline-flex; align-items: center; gap: .45rem; font-weight: 700; font-size: 1.05rem; color: inherit; text-decoration: none }
.who { flex: 1 1 16rem; order: 1; overflow-wrap: anywhere }
.id { color: var(--soft); font-size: .85em; font-variant-numeric: tabular-nums }
.ends { order: 2; color: var(--soft); font-variant-numeric: tabular-nums }
.ends [data-until] { margin-left: .6rem }
time, .day { white-space: nowrap }
[data-until] { color: var(--ink); font-weight: 600; white-space: nowrap }
[data-until].soon { color: var(--no) }
.ways { order: 0; margin-left: auto; display: flex; gap: .5rem }
.quiet, .small { font: inherit; font-size: .875rem; color: var(--link); background: transparent; border: 1px solid var(--line);
  border-radius: .4rem; padding: .25rem .7rem; cursor: pointer; min-height: 2rem }
.quiet:hover, .small:hover, .choice:hover { border-color: var(--link) }
body:has(.bar) { display: grid; grid-template: auto auto 1fr / minmax(0, 1fr); min-height: 100vh }
.side { display: flex; flex-wrap: wrap; margin: 0; gap: 0; padding: .4rem .75rem; border-bottom: 1px solid var(--line) }
.side div { display: contents }
.side h2 { display: none }
.side ul, .choices, .answers, .plain, .answer ul { list-style: none; margin: 0; padding: 0 }
.side ul { display: contents }
.side a { display: block; padding: .3rem .6rem; border-radius: .4rem; color: inherit; text-decoration: none; font-size: .9rem }
.side a:hover { background: var(--code) }
.side a[aria-current] { background: var(--here); color: var(--link); font-weight: 600 }
main.beside { width: 100%; max-width: 64rem; padding: 1.5rem 1.25rem 4rem; margin: 0; min-width: 0 }
main:focus { outline: none }
@media (min-width: 60rem) {
  body:has(.bar) { grid-template: auto 1fr / 14rem minmax(0, 1fr) }
  .ways { order: 3 }
  .side div { display: block }
  .side { display: block; border: 0; border-right: 1px solid var(--line); padding: 1.25rem .75rem }
  .side h2 { display: block; font-size: .75rem; text-transform: uppercase; letter-spacing: .06em; color: var(--soft); margin: 1.25rem .6rem .35rem }
  .side div:first-child h2 { margin-top: 0 }
  .side ul { display: block }
  main.beside { padding: 1.75rem 2.5rem 4rem }
}
.lead { color: var(--soft); max-width: 46rem; overflow-wrap: anywhere }
h1 { overflow-wrap: anywhere }
.beside > h1 + .card { margin-top: 1rem }
h3 { font-size: 1rem; margin: .75rem 0 .25rem }
h3:first-of-type { margin-top: 0 }
.beside .card:not(.way, .answer), .alone.card { display: block }
.beside section.card, .beside form.card { margin: 0 0 1.25rem }
.card dl:last-child, .card p:last-child, .card pre:last-child, .card ul:last-child { margin-bottom: 0 }
.card h2 { margin-bottom: .6rem }
.under { display: block; color: var(--soft); font-size: .85rem; font-weight: 400 }
.alone.card { max-width: 34rem; margin: 2.5rem auto; padding: 1.5rem 1.75rem }
.alone nav { margin-top: 1.25rem }
.inside .cards { margin: .5rem 0 1.25rem }
.alone .button { display: inline-block; width: auto; padding: .5rem 1.1rem }
main > .brand, .alone .brand { margin: 0 0 1.25rem }
.alone dl { grid-template-columns: minmax(0, 1fr); gap: 0 }
.alone dd { margin-bottom: .45rem }
.alone h1 { font-size: 1.5rem }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); gap: 0 1.25rem; align-items: start }
.way { color: inherit; text-decoration: none; gap: .15rem }
.way b { color: var(--link) }
.way span { color: var(--soft); font-size: .925rem }
.way:hover { border-color: var(--link) }
.button.inline { display: inline-block; width: auto; padding: .5rem 1.1rem }
.danger { background: var(--danger) }
.chip { font-size: .78rem; background: var(--here); color: var(--ink); border-radius: 1rem; padding: .1rem .55rem; white-space: nowrap }
.note { background: var(--here); border-left: 4px solid var(--link); border-radius: .4rem; padding: .7rem 1rem; margin: .75rem 0 1.25rem; overflow-wrap: anywhere }
.note p { margin: .15rem 0 }
.refused { background: var(--refused); border-color: var(--no) }
.field { margin: 0 0 .9rem }
.field label, .finder label, .filter label, .beside legend { font-weight: 600; font-size: .925rem; color: inherit }
.beside fieldset { margin: 0 0 1.25rem }
legend { margin-bottom: .4rem }
.field input, .finder input, .filter input { display: block; width: 100%; font: inherit; color: inherit; background: var(--field); border: 1px solid var(--edge);
  border-radius: .4rem; padding: .45rem .7rem; margin-top: .2rem }
.field input { max-width: 32rem }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(15rem, 100%), 1fr)); gap: 0 1.25rem }
::placeholder { color: var(--soft); opacity: 1 }
.hint { color: var(--soft); font-size: .875rem; margin: .25rem 0 0 }
.check { font-weight: 400 }
.choices { display: flex; flex-wrap: wrap; gap: .5rem }
.choice { display: inline-block; font: inherit; color: inherit; text-decoration: none; background: var(--card); border: 1px solid var(--edge); border-radius: .4rem;
  padding: .45rem .9rem; cursor: pointer; overflow-wrap: anywhere; text-align: left }
.choice[aria-pressed] { background: var(--here); border-color: var(--link); color: var(--link); font-weight: 600 }
.now { cursor: default; border-style: dashed }
.finder, .filter { display: inline-flex; flex-wrap: wrap; align-items: center; gap: .4rem .6rem; margin: .5rem 1.75rem .9rem 0; vertical-align: top }
.finder input { flex: 1 1 10rem; max-width: 16rem; width: auto; margin: 0; padding: .3rem .6rem }
.filter label { display: flex; align-items: center; gap: .6rem; flex-wrap: wrap }
.filter input { width: 16rem; max-width: 100%; margin: 0; padding: .3rem .6rem }
.scroll { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-size: .95rem }
caption { text-align: left; padding: .6rem 1rem; color: var(--soft); font-size: .875rem }
th, td { text-align: left; padding: .5rem 1rem; border-top: 1px solid var(--line); overflow-wrap: anywhere; vertical-align: middle }
thead th { font-size: .8rem; color: var(--soft); font-weight: 600; white-space: nowrap }
tbody th { font-weight: 500 }
td { font-variant-numeric: tabular-nums }
.paging { margin: .9rem 0 0; gap: .5rem 1.25rem; align-items: baseline }
.tabs { margin: .5rem 0; gap: .25rem 1.25rem }
.tabs a { padding: .25rem 0; text-decoration: none; border-bottom: 3px solid transparent }
.tabs a[aria-current] { border-color: var(--link); font-weight: 600 }
.empty { color: var(--soft); background: var(--card); border: 1px dashed var(--edge); border-radius: .6rem; padding: 1.25rem; text-align: center }
.plain li { padding: .25rem 0; overflow-wrap: anywhere }
.verdict { font-weight: 600; white-space: nowrap }
.verdict.yes { color: var(--yes) }
.verdict.yes::before { content: "\\2713  " }
.verdict.no { color: var(--no) }
.verdict.no::before { content: "\\2715  " }
.answer { margin: 0 0 .75rem; display: block }
.answer p { margin: 0 }
.answer ul { color: var(--soft); font-size: .925rem; margin-top: .35rem }
pre.document { user-select: text; -webkit-user-select: text; margin: 0; white-space: pre; overflow-x: auto; overflow-wrap: normal }
pre.wraps { white-space: pre-wrap; overflow-wrap: anywhere }
pre.secret { word-break: break-all }
@media (max-width: 36rem) {
  .who { flex-basis: 100% }
  .cards { gap: .6rem; margin: 1rem 0 }
  .card { padding: .85rem 1rem }
  .alone.card { margin: 0 auto; padding: 1.25rem }
  .way { padding: .6rem 1rem }
  dl { grid-template-columns: minmax(0, 1fr); gap: 0 }
  dt { font-size: .875rem }
  dd { margin-bottom: .45rem }
  th, td { padding: .5rem .6rem }
  caption { padding: .6rem }
  .side a { padding: .3rem .5rem }
}
`
