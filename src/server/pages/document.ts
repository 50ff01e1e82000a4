// Whole pages for people: one layout, the policy that belongs to it. No script but the one file of ours, for pages that
// work without it.
import type { Reply } from '../exchange.ts'
import { iconFile, scriptFile, styleSheet } from './assets.ts'
import { contentPolicy } from './headers.ts'
import { type Html, html, scriptTag } from './html.ts'
import { pathIn, type Site } from './site.ts'

export interface DocumentOptions {
  readonly status?: number
  /** Where its forms may lead: `'self'`, or origins. Absent: it has none. */
  readonly formTargets?: readonly string[]
  /** What stands above and beside its content: who somebody is, and where else to go. A link leads past it. */
  readonly banner?: Html
  /** Whether it loads the script, which adds to what works without. */
  readonly runsScript?: boolean
  /** Headers beside those of every page. */
  readonly headers?: readonly string[]
}

export function document(site: Site, title: string, content: Html, options: DocumentOptions = {}): Reply {
  const { status = 200, formTargets = [], headers = [], banner, runsScript = false } = options
  const whole = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="${pathIn(site, iconFile.path)}">
<link rel="stylesheet" href="${pathIn(site, styleSheet.path)}">
${runsScript ? scriptTag(pathIn(site, scriptFile.path)) : []}
</head>
<body>
${banner === undefined ? html`<main>` : html`<a class="skip" href="#main">To the content</a>${banner}<main id="main" class="beside" tabindex="-1">`}
${content}
</main>
</body>
</html>
`
  return {
    status,
    headers: [
      ...['Content-Type', 'text/html; charset=utf-8'],
      ...['Content-Security-Policy', contentPolicy({ loadsAssets: true, runsScript, formTargets })],
      // Under `no-referrer` a browser sends its forms with the origin `null`, which tells nothing of where they stood.
      ...(formTargets.length === 0 ? [] : ['Referrer-Policy', 'same-origin']),
      ...headers,
    ],
    body: whole.html,
  }
}
