// People with a console session, and what every page of the console must be.
import { deepEqual, doesNotMatch, equal, match, ok } from 'node:assert/strict'
import { AttachRolePolicyCommand } from '@aws-sdk/client-iam'
import { AssumeRoleCommand, type AssumeRoleCommandInput } from '@aws-sdk/client-sts'
import { type Browser, browser, type Shown } from '../../src/server/pages/testing/browser.ts'
import { consoleUrl, publicUrl, sessionText, toServer } from './console-tools.ts'
import { textsOf } from './journals.ts'
import { allow, keysOf, manager, person, role, trusts } from './people.ts'
import { type Keys, type TestServer, testServer } from './server.ts'

export interface Visitor {
  readonly browser: Browser
  readonly home: Shown
  /** A page of the console. */
  readonly at: (path: string) => Promise<Shown>
}

/** Opens the console with credentials, by a link as a tool makes it. */
export async function visitorWith(server: TestServer, keys: Keys, issuer = ''): Promise<Visitor> {
  const person = browser(toServer(server))
  const asked = new URLSearchParams({ Action: 'getSigninToken', Session: sessionText(keys) })
  const { text } = await person.ask(`${publicUrl}/federation?${asked}`)
  const { SigninToken } = JSON.parse(text) as { SigninToken: string }
  const login = new URLSearchParams({ Action: 'login', Destination: consoleUrl, Issuer: issuer, SigninToken })
  const home = await person.open(`${publicUrl}/federation?${login}`)
  equal(home.status, 200, home.text)
  return { browser: person, home, at: (path) => person.open(consoleUrl + path) }
}

/** What a role's trust allows that is switched to with tags and a source identity. */
export const assuming = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity']

/** An account with ann, who may assume its role Administrator, and open the console with it. */
export async function company(settings: Readonly<Record<string, string>> = {}) {
  const server = await testServer({ settings: { 'public-url': publicUrl, ...settings } })
  const admin = await manager(server)
  const ann = await person(admin, 'ann', allow(['sts:*']))
  const administrator = await role(admin, 'Administrator', trusts(ann.arn, assuming))
  const PolicyArn = 'arn:aws:iam::aws:policy/AdministratorAccess'
  await admin.iam.send(new AttachRolePolicyCommand({ RoleName: 'Administrator', PolicyArn }))
  const assumed = async (RoleArn: string, more: Partial<AssumeRoleCommandInput> = {}): Promise<Keys> => {
    const input = { RoleArn, RoleSessionName: 'ann', ...more }
    return keysOf((await server.as(ann.keys).sts.send(new AssumeRoleCommand(input))).Credentials)
  }
  return {
    ...{ server, admin, ann, administrator, assumed },
    /** The console of ann with a role. */
    visitor: async (arn = administrator, more: Partial<AssumeRoleCommandInput> = {}, issuer = '') =>
      visitorWith(server, await assumed(arn, more), issuer),
    lastEvent: async (name: string) =>
      (await textsOf(server.engine.store, 'audit')).findLast((text) => text.includes(`"eventName":"${name}"`)) ?? '',
  }
}

/** The words of a page. */
export const plain = ({ text }: Pick<Shown, 'text'>) =>
  text
    .replace(/<[^>]*>/g, ' ')
    .replace(/&#39;/g, "'")
    .replace(/&quot;/g, '"')
    .replace(/\s+/g, ' ')

export const largestPage = 20_000

/** What holds of every page of the console, whatever it shows. */
export function wellMade({ text, headers, url }: Shown): void {
  ok(Buffer.byteLength(text) < largestPage, `${url}: ${Buffer.byteLength(text)} bytes`)
  match(text, /^<!doctype html>\n<html lang="en">/)
  equal(text.match(/<h1\b/g)?.length, 1, `${url}: headings`)
  equal(text.match(/<main\b/g)?.length, 1)
  match(text, /<title>[^<]+<\/title>/)
  deepEqual(
    [...text.matchAll(/<script\b[^>]*>/g)].map(([tag]) => tag.replace(/[0-9a-f]{16}/, '…')),
    /<nav class="side"/.test(text) ? ['<script src="/hallpass/assets/script-….js" defer>'] : [],
  )
  // Names and texts in a page stand outside tags or in quotes.
  for (const [tag] of text.matchAll(/<\/?[a-z](?:"[^"]*"|[^">])*>/gi)) {
    doesNotMatch(
      tag.replace(/"[^"]*"/g, '""'),
      /^<(?:style|iframe|base|object|embed|svg)\b|\s(?:style|on\w+)=|'|=[^"]/i,
    )
    const [, link = '/'] = /\s(?:href|src|action|formaction)="([^"]*)"/.exec(tag) ?? []
    match(link, /^(?:\/(?!\/)|#main$|https:\/\/)/)
  }
  const ids = [...text.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id)
  deepEqual(ids, [...new Set(ids)], `${url}: ids`)
  // Fields that a person fills in have labels, tables captions, images an alternative.
  for (const [tag] of text.matchAll(/<input\b[^>]*>/g)) {
    const id = / id="([^"]*)"/.exec(tag)?.[1]
    const isLabelled = /type="(?:hidden|checkbox|search)"/.test(tag) || text.includes(`<label for="${id}">`)
    ok(isLabelled, `${url}: ${tag}`)
  }
  equal(text.match(/<table\b/g)?.length, text.match(/<caption\b/g)?.length)
  for (const [tag] of text.matchAll(/<img\b[^>]*>/g)) match(tag, / alt="/)
  equal(headers.get('cache-control'), 'no-store')
  equal(headers.get('x-frame-options'), 'DENY')
  match(headers.get('content-security-policy') ?? '', /^default-src 'none';.*frame-ancestors 'none'$/)
}
