// Headers that a program's own request for credentials never has: they come from a browser, or from something that forwards.

/** Lower-case names. Sec-Fetch-Mode is not among them: Node's own `fetch` sends it, and browsers never send it alone. */
const names: readonly string[] = [
  ...['origin', 'referer', 'via', 'forwarded'],
  ...[
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-proto',
    'x-forwarded-port',
    'x-forwarded-server',
    'x-real-ip',
  ],
  ...['sec-fetch-site', 'sec-fetch-dest', 'sec-fetch-user'],
]

/** Whether a request has one of them. Nobody who sends one is given credentials. */
export const isForeign = (headerOf: (name: string) => unknown): boolean =>
  names.some((name) => headerOf(name) !== undefined) ||
  !['cors', undefined].includes(headerOf('sec-fetch-mode') as string)
