// A page that stands by itself: one card in the middle, with whose server it is. What went wrong, what is over, what is asked.
import type { Reply } from '../exchange.ts'
import { iconFile } from './assets.ts'
import { type DocumentOptions, document } from './document.ts'
import { type Html, html } from './html.ts'
import { pathIn, type Site } from './site.ts'

/** Whose server it is. */
export const brandLine = (site: Site): Html =>
  html`<p class="brand"><img src="${pathIn(site, iconFile.path)}" alt="" width="22" height="22">Hallpass</p>`

/** Its title is its heading, and the tab's. */
export const notice = (site: Site, title: string, content: Html, options: DocumentOptions = {}): Reply =>
  document(
    site,
    `${title} · Hallpass`,
    html`<section class="card alone">
${brandLine(site)}
<h1>${title}</h1>
${content}</section>`,
    options,
  )

/** The request's id, for whoever can look up why. */
export const requestIdNote = (requestId: string): Html =>
  html`<p class="soft">If you need help, give this request id to the people who run this server: <code>${requestId}</code></p>`
