// What other sites, other people and hostile names try at the console's pages.
import { deepEqual, doesNotMatch, equal, match, ok } from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  CreateOpenIDConnectProviderCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { formOf } from '../../src/server/pages/testing/browser.ts'
import { consoleUrl, publicUrl, toServer } from './console-tools.ts'
import { assuming, company, wellMade } from './console-world.ts'
import { textsOf } from './journals.ts'
import { allow, member, role, trusts } from './people.ts'

const { server, admin, ann, administrator, visitor: visitorAs } = await company()
const other = await role(admin, 'Other', trusts(administrator, assuming))
const visitor = (more = {}) => visitorAs(administrator, more)

/** Every form of the console: the page that it stands in, where it is sent, and what a person fills in. */
const forms = [
  ['', '/sign-out', {}],
  ['/credentials', '/credentials', { for: 'bash' }],
  ['/switch', '/switch', { arn: other }],
  ['/role?name=Other', '/role/revoke', { sure: 'yes' }],
] as const

const audited = async () =>
  (await textsOf(server.engine.store, 'audit')).filter((text) =>
    /"eventName":"(?:Logout|ShowCredentials|SwitchRole|ExitRole|PutRolePolicy)"/.test(text),
  ).length

for (const [place, path, fields] of forms) {
  describe(`the form ${path}`, () => {
    test('is taken of no other site, origin or host, whatever it holds', async () => {
      const { browser, at } = await visitor()
      const { action, hidden } = formOf(await at(place), path)
      const before = await audited()
      for (const origin of ['https://evil.example', 'https://sub.sso.example', 'http://sso.example', 'null']) {
        const shown =
          origin === 'null'
            ? await browser.ask(action, {
                method: 'POST',
                headers: {
                  'content-type': 'application/x-www-form-urlencoded',
                  origin,
                  'sec-fetch-site': 'cross-site',
                },
                body: new URLSearchParams({ ...hidden, ...fields }).toString(),
              })
            : await browser.sendFrom(origin, action, { ...hidden, ...fields })
        equal(shown.status, 403, origin)
        doesNotMatch(shown.text, /AWS_/)
      }
      equal(await audited(), before)
      match((await at('')).text, /as <b>Administrator<\/b>/)
    })

    test('is not taken with another session’s token, another form’s, none, or twice', async () => {
      const [mine, theirs] = [await visitor(), await visitor()]
      const page = await mine.at(place)
      const before = await audited()
      const wrong = [
        formOf(await theirs.at(place), path).hidden['form-token'] ?? '',
        formOf(page, path === '/sign-out' ? '' : '/sign-out').hidden['form-token'] ?? '',
        '',
      ]
      for (const token of path === '/sign-out' ? [wrong[0] ?? '', ''] : wrong) {
        equal((await mine.browser.send(page, { ...fields, 'form-token': token }, path)).status, 403)
      }
      const { action, hidden } = formOf(page, path)
      const twice = `${new URLSearchParams({ ...hidden, ...fields })}&form-token=${hidden['form-token']}`
      const shown = await mine.browser.ask(action, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          origin: new URL(action).origin,
          'sec-fetch-site': 'same-origin',
        },
        body: twice,
      })
      equal(shown.status, 400)
      equal(await audited(), before)
    })

    test('is not taken with the cookie of another, or without one', async () => {
      const [mine, theirs] = [await visitor(), await visitor()]
      const { action, hidden } = formOf(await mine.at(place), path)
      const before = await audited()
      const origin = new URL(action).origin
      for (const cookie of [theirs.browser.jar.header(new URL(consoleUrl)), '', '__Host-hallpass-session=AAAA']) {
        const { status } = await toServer(server)({
          ...{ method: 'POST', url: new URL(action), body: new URLSearchParams({ ...hidden, ...fields }).toString() },
          headers: {
            'content-type': 'application/x-www-form-urlencoded',
            origin,
            'sec-fetch-site': 'same-origin',
            cookie,
          },
        })
        equal(status, 403)
      }
      equal(await audited(), before)
    })

    test('is asked for by GET, PUT or with other fields in vain', async () => {
      const { browser, at } = await visitor()
      const page = await at(place)
      const { action } = formOf(page, path)
      const before = await audited()
      await browser.ask(`${action}?${new URLSearchParams(fields)}`)
      equal((await browser.ask(action, { method: 'PUT' })).status, 405)
      equal((await browser.send(page, { ...fields, next: 'https://evil.example' }, path)).status, 400)
      equal(await audited(), before)
    })
  })
}

describe('names and texts of others', () => {
  const hostile = `</pre></title><script>alert(1)</script>"'><img src=x onerror=alert(1)>`
  /** What a browser would take for a tag, of what is hostile. */
  const taken = /<script>alert|<img src=x|onerror=alert\(1\)>/

  test('are text in every page that shows them', async () => {
    await admin.iam.send(
      new CreateRoleCommand({
        ...{ RoleName: 'Hostile', Description: `<img src=x onerror=alert(1)>`, Path: '/<script>alert(1)</script>/' },
        AssumeRolePolicyDocument: trusts(ann.arn, 'sts:AssumeRole', { StringEquals: { 'sts:ExternalId': hostile } }),
        Tags: [{ Key: 'team', Value: 'a+b@c:/=_.-' }],
      }),
    )
    await admin.iam.send(
      new PutRolePolicyCommand({
        ...{ RoleName: 'Hostile', PolicyName: 'own' },
        PolicyDocument: allow('s3:GetObject', 'arn:aws:s3:::b/*', { StringEquals: { 'aws:UserAgent': hostile } }),
      }),
    )
    const { Policy } = await admin.iam.send(
      new CreatePolicyCommand({
        ...{ PolicyName: 'Hostile', Description: '<img src=x onerror=alert(1)>' },
        PolicyDocument: allow('s3:GetObject', '*', { StringEquals: { 'aws:UserAgent': hostile } }),
      }),
    )
    const { OpenIDConnectProviderArn = '' } = await admin.iam.send(
      new CreateOpenIDConnectProviderCommand({
        ...{ Url: 'https://idp.example.com', ClientIDList: [hostile], ThumbprintList: ['a'.repeat(40)] },
      }),
    )
    const { at } = await visitor()
    const ask = (name: string, value: string) => new URLSearchParams({ [name]: value })
    let seen = 0
    for (const path of [
      '/roles',
      '/switch',
      '/role?name=Hostile',
      '/inline-policy?of=role&name=Hostile&policy=own',
      `/policy?${ask('arn', Policy?.Arn ?? '')}`,
      `/openid-provider?${ask('arn', OpenIDConnectProviderArn)}`,
    ]) {
      const shown = await at(path)
      equal(shown.status, 200)
      wellMade(shown)
      doesNotMatch(shown.text, taken, path)
      if (/alert\(1\)/.test(shown.text)) seen++
    }
    // They are shown, or nothing was tried.
    ok(seen >= 5)
  })

  test('of a request are text where a page repeats them, and lead nowhere', async () => {
    const { at } = await visitor()
    for (const path of [
      '/switch?account=',
      '/switch?roleName=',
      '/permissions?actions=',
      '/permissions?actions=s3:GetObject&resource=',
      '/user?name=',
      '/role?name=',
      '/policy?arn=',
      '/inline-policy?of=role&name=Hostile&policy=',
      '/openid-provider?arn=',
      '/saml-provider?arn=',
      '/pool?id=',
      '/users?marker=',
      '/pools?next=',
      '/role?name=Hostile&part=',
    ]) {
      for (const value of [hostile, 'javascript:alert(1)', '//evil.example', '\\evil.example']) {
        const shown = await at(path + encodeURIComponent(value))
        wellMade(shown)
        doesNotMatch(shown.text, taken, path)
        const links = [...shown.text.matchAll(/ (?:href|action|src)="([^"]*)"/g)].map(([, link = '']) => link)
        deepEqual(
          links.filter((link) => !/^(?:\/hallpass\/|#main$)/.test(link)),
          [],
          path,
        )
      }
    }
  })

  test('of an account and a session are text above every page', async () => {
    const { admin: theirs, id } = await member(server, admin, '<b>x</b><script>alert(1)</script>')
    const there = await role(theirs, 'There', trusts(administrator, assuming))
    const { browser, at } = await visitor({ Tags: [{ Key: 'a=b', Value: 'x@y:/+=-_.' }] })
    const shown = await browser.submit(await at('/switch'), { arn: there }, '/switch')
    wellMade(shown)
    match(shown.text, new RegExp(`&lt;script&gt;alert\\(1\\)&lt;/script&gt;</b> <span class="id">${id}`))
    doesNotMatch(shown.text, taken)
  })
})

test('the script is our file alone, and a page that loads it can send and load nothing else', async () => {
  const { at } = await visitor()
  const { headers, text } = await at('')
  equal(
    headers.get('content-security-policy'),
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'; " +
      "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  )
  const src = /<script src="([^"]+)" defer>/.exec(text)?.[1] ?? ''
  const file = await toServer(server)({ method: 'GET', url: new URL(src, publicUrl), headers: {} })
  deepEqual([file.status, file.headers.get('content-type')], [200, 'text/javascript; charset=utf-8'])
  doesNotMatch(
    file.text,
    /innerHTML|outerHTML|insertAdjacent|eval|Function\(|document\.write|fetch\(|XMLHttp|\.cookie|localStorage|location/,
  )
})

test('pages without a session run no script', async () => {
  const shown = await toServer(server)({ method: 'GET', url: new URL(consoleUrl), headers: {} })
  equal(shown.status, 401)
  doesNotMatch(shown.headers.get('content-security-policy') ?? '', /script-src/)
})

test('an answer takes a cookie away from nobody who sent none, as requests that other sites make', async () => {
  for (const path of ['', '/roles', '/credentials', '/switch?account=1']) {
    for (const cookie of [undefined, 'x=__Host-hallpass-session=y', '__Host-hallpass-sessions=y']) {
      const headers: Record<string, string> = cookie === undefined ? {} : { cookie }
      const shown = await toServer(server)({ method: 'GET', url: new URL(consoleUrl + path), headers })
      deepEqual([shown.status, shown.headers.getSetCookie()], [401, []])
    }
    // What is broken or there twice goes.
    for (const cookie of [
      '__Host-hallpass-session=y',
      `__Host-hallpass-session=${'a'.repeat(43)}; __Host-hallpass-session=b`,
    ]) {
      const shown = await toServer(server)({ method: 'GET', url: new URL(consoleUrl + path), headers: { cookie } })
      deepEqual([shown.status, shown.headers.getSetCookie().length], [401, 1])
    }
  }
})
