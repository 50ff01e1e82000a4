// A browser at the pages of the oidc-provider package: it keeps cookies, and fills in what it is asked.

/** From the address that begins a sign-in to the first one that `isBack` says leads back. */
export async function browse(start: URL, login: string, isBack: (url: URL) => boolean): Promise<URL> {
  const cookies = new Map<string, string>()
  let next = start
  let body: URLSearchParams | undefined
  for (let steps = 0; steps < 12; steps++) {
    const response = await fetch(next, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(body === undefined ? {} : { method: 'POST', body }),
    })
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      cookies.set(name, value)
    }
    body = undefined
    const location = response.headers.get('location')
    if (location !== null) {
      next = new URL(location, next)
      if (isBack(next)) return next
      continue
    }
    const page = await response.text()
    const prompt = /name="prompt" value="([^"]+)"/.exec(page)?.[1] ?? ''
    next = new URL(/action="([^"]+)"/.exec(page)?.[1] ?? '', next)
    body = new URLSearchParams(prompt === 'login' ? { prompt, login, password: 'any' } : { prompt })
  }
  throw new Error('the provider asks without end')
}
