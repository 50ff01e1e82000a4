// The one style sheet of the pages, and their icon: as light or dark as the browser is. They are served as files of their own,
// so that no page has an inline style. What only the console has is in style-console.ts; it is one sheet nevertheless.
import { consoleStyle } from './style-console.ts'

export const style = `
:root { color-scheme: light dark; --ink: light-dark(#1c2330, #e8ebf1); --paper: light-dark(#f6f7f9, #14171c);
  --card: light-dark(#fff, #1d2128); --line: light-dark(#d5d9e0, #363c47); --soft: light-dark(#566072, #a5adbb);
  --link: light-dark(#0b57b0, #8ab8f5); --button: light-dark(#0b57b0, #2f6fc4); --code: light-dark(#eef0f4, #0e1014);
  --here: light-dark(#e5eefb, #22324a); --field: light-dark(#fff, #14171c); --edge: light-dark(#8a94a4, #6c7686);
  --yes: light-dark(#17693a, #7ed6a2); --no: light-dark(#b3261e, #ffb0a8); --refused: light-dark(#fdeeec, #3a2423);
  --danger: light-dark(#b3261e, #c2382f); --away: light-dark(#b25e00, #e09a3e) }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.55 system-ui, sans-serif }
main { max-width: 46rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .5rem }
h2 { font-size: 1.15rem; line-height: 1.3; margin: 0 0 .35rem }
p { margin: .35rem 0 1rem }
.soft, dt { color: var(--soft) }
a { color: var(--link) }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(17rem, 100%), 1fr)); gap: 1rem; margin: 1.5rem 0; padding: 0 }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: 1.1rem 1.25rem;
  display: flex; flex-direction: column }
.card p { flex: 1 }
.wide { grid-column: 1 / -1 }
.button { display: block; width: 100%; text-align: center; font: inherit; font-weight: 600; padding: .6rem 1rem; border-radius: .4rem;
  border: 1px solid transparent; background: var(--button); color: #fff; text-decoration: none; cursor: pointer }
.button:hover { filter: brightness(1.1) }
.people { list-style: none; margin: 1.5rem 0; padding: 0; display: grid; gap: .6rem }
.person { width: 100%; display: grid; gap: .1rem; text-align: left; font: inherit; color: inherit; background: var(--card);
  border: 1px solid var(--line); border-radius: .6rem; padding: .8rem 1.1rem; cursor: pointer; overflow-wrap: anywhere; text-decoration: none }
.person:hover { border-color: var(--link) }
.person b { font-size: 1.05rem }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px }
pre { background: var(--code); border: 1px solid var(--line); border-radius: .4rem; padding: .8rem 1rem; white-space: pre-wrap; overflow-wrap: anywhere;
  font: .85rem/1.5 ui-monospace, monospace; margin: .5rem 0 1.5rem; user-select: all; -webkit-user-select: all }
code { font: .9em ui-monospace, monospace }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.2rem; margin: .5rem 0 1.5rem }
dd { margin: 0; overflow-wrap: anywhere }
details { margin: 1rem 0 }
summary { cursor: pointer }
fieldset { border: 0; padding: 0; margin: 1.5rem 0; min-width: 0 }
legend { padding: 0; color: var(--soft) }
[role="alert"] { border-left: .25rem solid var(--link); padding: .3rem 0 .3rem .8rem }
.saml-account { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .8rem 1.1rem; margin: .6rem 0 }
.saml-account-name { font-weight: 600; margin-bottom: .3rem; overflow-wrap: anywhere }
.saml-role { display: flex; flex-wrap: wrap; align-items: center; gap: .1rem .6rem; min-height: 2.4rem; overflow-wrap: anywhere }
.saml-role label { flex: 1 1 60%; padding: .4rem 0; cursor: pointer; min-width: 0 }
.saml-role[hidden], .saml-account[hidden] { display: none }
.saml-radio { width: 1.1rem; height: 1.1rem; margin: 0; accent-color: var(--button) }
.qr { display: block; width: 15rem; max-width: 100%; margin: 0 0 1rem; border-radius: .4rem }
.asks { margin: .75rem 0 1.5rem }
form + .soft { margin-top: 1.25rem }
nav { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; margin-top: 2rem }
${consoleStyle}`

export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">
<rect x="2" y="1" width="12" height="14" rx="2" fill="#0b57b0"/>
<rect x="5.5" y="3" width="5" height="1.5" rx=".75" fill="#fff"/>
<circle cx="8" cy="8" r="2" fill="#fff"/>
<path d="M4.5 13a3.5 2.5 0 0 1 7 0z" fill="#fff"/>
</svg>
`
