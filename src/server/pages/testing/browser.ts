// The least of a browser: keeps cookies, follows redirects one at a time, reads pages and their forms, says where a form stood.
// It runs nothing, and looks at the headers of every document. Its cookies go along with other sites' forms as well, as in
// a browser that does not know SameSite: what pages refuse they must refuse without that.
import assert from 'node:assert/strict'
import { createJar, type Jar } from './jar.ts'
import { overNetwork, type Received, type Transport } from './transport.ts'

export interface Shown extends Received {
  readonly url: string
}

export interface Request {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export type Fields = Readonly<Record<string, string>>

export interface Browser {
  readonly jar: Jar
  /** One request, GET unless it says otherwise. */
  ask(url: string, request?: Request): Promise<Shown>
  /** GET, following redirects to their end. */
  open(url: string): Promise<Shown>
  /** Sends the page's form (its first; or that to `path`) with these fields beside its hidden ones; follows nothing. */
  send(page: Shown, fields: Fields, path?: string): Promise<Shown>
  /** The same, following redirects to their end. */
  submit(page: Shown, fields: Fields, path?: string): Promise<Shown>
  /** Sends a form that stands on another site's page. */
  sendFrom(origin: string, url: string, fields: Fields): Promise<Shown>
}

export function browser(transport: Transport = overNetwork): Browser {
  const jar = createJar()

  async function ask(address: string, { method = 'GET', headers = {}, body }: Request = {}): Promise<Shown> {
    const url = new URL(address)
    const cookie = jar.header(url)
    const received = await transport({
      method,
      url,
      headers: { ...(cookie === '' ? {} : { cookie }), ...headers },
      body,
    })
    for (const line of received.headers.getSetCookie()) jar.receive(url, line)
    if (received.headers.get('content-type')?.startsWith('text/html')) assertDocument(received.headers)
    return { ...received, url: address }
  }

  async function follow(first: Shown): Promise<Shown> {
    let shown = first
    for (let hops = 0; shown.status === 303 || shown.status === 302; hops++) {
      assert(hops < 10, 'redirected in a circle')
      shown = await ask(new URL(shown.headers.get('location') ?? '', shown.url).href)
    }
    return shown
  }

  const post = (url: string, fields: Fields, headers: Readonly<Record<string, string>>) =>
    ask(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams(fields).toString(),
    })

  function send(page: Shown, fields: Fields, path?: string) {
    const { action, hidden } = formOf(page, path)
    const { origin } = new URL(page.url)
    const isSilent = page.headers.get('referrer-policy') === 'no-referrer'
    return post(
      action,
      { ...hidden, ...fields },
      {
        origin: isSilent ? 'null' : origin,
        'sec-fetch-site': fetchSite(origin, action),
      },
    )
  }

  return {
    jar,
    ask,
    open: async (url) => follow(await ask(url)),
    send,
    submit: async (page, fields, path) => follow(await send(page, fields, path)),
    sendFrom: (origin, url, fields) => post(url, fields, { origin, 'sec-fetch-site': fetchSite(origin, url) }),
  }
}

/** What a browser says of where a request comes from (Fetch Metadata 2.3). A site is the last two labels, or one. */
function fetchSite(origin: string, url: string): string {
  const [from, to] = [new URL(origin), new URL(url)]
  if (from.origin === to.origin) return 'same-origin'
  const site = ({ protocol, hostname }: URL) => protocol + hostname.split('.').slice(-2).join('.')
  return site(from) === site(to) ? 'same-site' : 'cross-site'
}

/** Where the page's form is sent, the first or that to `path`, and its hidden fields. */
export function formOf({ text, url }: Shown, path = ''): { readonly action: string; readonly hidden: Fields } {
  const forms = [...text.matchAll(/<form method="post"([^>]*)>(.*?)<\/form>/gs)].map(
    ([, attributes = '', content = '']) => ({
      action: new URL(unescaped(/ action="([^"]*)"/.exec(attributes)?.[1] ?? ''), url),
      content,
    }),
  )
  const { action, content } = forms.find((one) => one.action.pathname.endsWith(path)) ?? assert.fail('no form')
  const hidden = [...content.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)]
  return {
    action: action.href,
    hidden: Object.fromEntries(hidden.map(([, name = '', value = '']) => [unescaped(name), unescaped(value)])),
  }
}

const signs: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }
const unescaped = (text: string) => text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => signs[name] ?? '')

/** A document lets a browser guess nothing, run nothing, and show it in no frame. */
function assertDocument(headers: Headers) {
  const policy = headers.get('content-security-policy') ?? ''
  assert.match(policy, /^default-src 'none';.*base-uri 'none';.*frame-ancestors 'none'/)
  assert.doesNotMatch(policy, /unsafe|\*/)
  assert.match(
    policy,
    /^(?:(?!script-src|connect-src)[^;]+; )*(?:script-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'; )?(?:(?!script-src|connect-src)[^;]+(?:; )?)*$/,
  )
  assert.equal(headers.get('content-type'), 'text/html; charset=utf-8')
  assert.equal(headers.get('x-content-type-options'), 'nosniff')
  assert.equal(headers.get('x-frame-options'), 'DENY')
  assert.equal(headers.get('cache-control'), 'no-store')
  assert.match(headers.get('referrer-policy') ?? '', /^(?:no-referrer|same-origin)$/)
}
