// The least of a browser: keeps cookies by path, follows redirects one at a time, reads pages as text. It runs nothing.
import assert from 'node:assert/strict'

export interface Shown {
  readonly status: number
  readonly url: string
  readonly text: string
  readonly headers: Headers
}

interface Cookie {
  readonly value: string
  readonly path: string
}

export interface Browser {
  /** Cookies by name and path. */
  readonly cookies: Map<string, Cookie>
  /** GET, or POST of a form; redirects are not followed. */
  ask(url: string, form?: Readonly<Record<string, string>>): Promise<Shown>
  /** The same, following redirects to their end. */
  open(url: string, form?: Readonly<Record<string, string>>): Promise<Shown>
}

export function browser(): Browser {
  const cookies = new Map<string, Cookie>()

  async function ask(url: string, form?: Readonly<Record<string, string>>): Promise<Shown> {
    const { pathname } = new URL(url)
    const sent = [...cookies].filter(([, { path }]) => pathname.startsWith(path))
    const answer = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: sent.map(([key, { value }]) => `${key.split(' ')[0]}=${value}`).join('; ') },
      ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
    })
    for (const line of answer.headers.getSetCookie()) keep(line)
    return { status: answer.status, url, text: await answer.text(), headers: answer.headers }
  }

  function keep(line: string) {
    const [first = '', ...attributes] = line.split(';').map((part) => part.trim())
    const [name = '', value = ''] = first.split('=')
    const path = /^path=(.*)$/i.exec(attributes.find((one) => /^path=/i.test(one)) ?? '')?.[1] ?? '/'
    const gone = value === '' || attributes.some((one) => /^expires=Thu, 01 Jan 1970/i.test(one))
    // No script reads a cookie, and no other site's form sends one.
    assert(gone || (/;\s*httponly/i.test(line) && /;\s*samesite=lax/i.test(line)), line)
    if (gone) cookies.delete(`${name} ${path}`)
    else cookies.set(`${name} ${path}`, { value, path })
  }

  return {
    cookies,
    ask,
    async open(url, form) {
      let shown = await ask(url, form)
      for (let hops = 0; shown.status === 303 || shown.status === 302; hops++) {
        assert(hops < 10, 'redirected in a circle')
        shown = await ask(new URL(shown.headers.get('location') ?? '', shown.url).href)
      }
      return shown
    },
  }
}
