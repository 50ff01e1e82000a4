// Headers that a program's own request for credentials never has: they come from a browser, or from something that forwards.

/** Lower-case names. Nobody who sends one of them is given credentials. */
export const foreignHeaders: readonly string[] = [
  ...['origin', 'referer', 'via', 'forwarded'],
  ...[
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-proto',
    'x-forwarded-port',
    'x-forwarded-server',
    'x-real-ip',
  ],
  ...['sec-fetch-site', 'sec-fetch-mode', 'sec-fetch-dest', 'sec-fetch-user'],
]
