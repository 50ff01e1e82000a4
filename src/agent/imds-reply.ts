// Answers in the forms of the instance metadata service: its headers, its XHTML page for what is refused.
import type { Reply } from '../server/exchange.ts'

// Not imported, as in server/node.ts.
const { STATUS_CODES } = process.getBuiltinModule('node:http')

/** What all its answers carry. */
const server = ['Server', 'EC2ws', 'Cache-Control', 'no-store']

export const text = (body: string, headers: readonly string[], type = 'text/plain'): Reply => ({
  status: 200,
  headers: ['Content-Type', type, 'Accept-Ranges', 'none', ...headers, ...server],
  body,
})

/** Refused without a body. */
export const bare = (status: number, headers: readonly string[]): Reply => ({
  status,
  headers: ['Content-Type', 'text/plain', ...headers, ...server],
  body: '',
})

/** `title` where AWS's page does not have the status's own. */
export function page(status: number, title: string = STATUS_CODES[status] ?? ''): Reply {
  const line = `${status} - ${title}`
  return {
    status,
    headers: ['Content-Type', 'text/html', ...server],
    body: `<?xml version="1.0" encoding="iso-8859-1"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"
\t"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en">
 <head>
  <title>${line}</title>
 </head>
 <body>
  <h1>${line}</h1>
 </body>
</html>
`,
  }
}
