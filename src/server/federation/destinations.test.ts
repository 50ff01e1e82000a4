// Where a sign-in and a sign-out may lead, and what people try to make it lead elsewhere.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { siteOf } from '../pages/site.ts'
import { afterSignOut, destinationOf } from './destinations.ts'

const site = siteOf('https://sso.example/hallpass')
const home = '/hallpass/console'

describe('a destination', () => {
  for (const [text, to] of [
    ['', home],
    ['/hallpass/console', home],
    ['https://sso.example/hallpass/console', home],
    ['/hallpass/console/roles/', '/hallpass/console/roles/'],
    ['/hallpass/console/roles?account=111122223333', '/hallpass/console/roles?account=111122223333'],
    ['/hallpass/console?q=%22%3E%3Cb%0d%0aX', '/hallpass/console?q=%22%3E%3Cb%0D%0AX'],
    ['https://sso.example/hallpass/console/a#fragment', '/hallpass/console/a'],
    ['https://console.aws.amazon.com', home],
    ['https://console.aws.amazon.com/', home],
    ['https://eu-west-1.console.aws.amazon.com/s3/home?region=eu-west-1', home],
    ['https://us-gov-west-1.console.aws.amazon.com/', home],
  ] as const) {
    test(`${text === '' ? 'that is not given' : text} leads to ${to}`, () =>
      assert.equal(destinationOf(site, text), to))
  }
  for (const text of [
    'https://evil.example/hallpass/console',
    'https://sso.example.evil.example/hallpass/console',
    'https://sso.example@evil.example/hallpass/console',
    'https://evil.example@sso.example/hallpass/console',
    'https://user:password@console.aws.amazon.com/',
    'https://sso.example:8443/hallpass/console',
    'http://sso.example/hallpass/console',
    'http://console.aws.amazon.com/',
    'https://console.aws.amazon.com:8443/',
    'https://console.aws.amazon.com.evil.example/',
    'https://evil.console.aws.amazon.com/',
    'https://evil.example/.console.aws.amazon.com/',
    'https://s3.eu-west-1.console.aws.amazon.com/',
    '//evil.example/hallpass/console',
    '//sso.example/hallpass/console',
    '///evil.example/hallpass/console',
    '/\\evil.example/hallpass/console',
    '\\\\evil.example/hallpass/console',
    'https:\\\\evil.example/hallpass/console',
    'https:/evil.example/hallpass/console',
    'https:evil.example',
    'https:///evil.example',
    '/\t/evil.example',
    ' https://sso.example/hallpass/console',
    'https://sso.exam\nple/hallpass/console',
    'https://ѕso.example/hallpass/console',
    'javascript:alert(1)',
    'JavaScript:alert(1)//https://sso.example/hallpass/console',
    'data:text/html,x',
    'hallpass/console',
    'console',
    '/',
    '/console',
    '/hallpass',
    '/hallpass/consoles',
    '/hallpass/federation?Action=logout',
    '/hallpass/console/../federation?Action=logout',
    '/hallpass/console/%2e%2e/federation?Action=logout',
    '/hallpass/console/%2f%2fevil.example',
    '/hallpass/console/;evil',
    `/hallpass/console?q=${'x'.repeat(5000)}`,
  ]) {
    test(`${text.slice(0, 60)} is none`, () => assert.equal(destinationOf(site, text), undefined))
  }
})

describe('after a sign-out', () => {
  const query = '?Action=login&Issuer=&SigninToken=t&Destination=https%3A%2F%2Fconsole.aws.amazon.com%2F'
  for (const [text, to] of [
    ['', home],
    ['https://console.aws.amazon.com/', home],
    [`https://signin.aws.amazon.com/federation${query}`, `/hallpass/federation${query}`],
    [`https://us-east-1.signin.aws.amazon.com/federation${query}`, `/hallpass/federation${query}`],
    [`https://sso.example/hallpass/federation${query}`, `/hallpass/federation${query}`],
    [`/hallpass/federation${query}`, `/hallpass/federation${query}`],
  ] as const) {
    test(`${text || 'nothing'} leads to ${to}`, () => assert.equal(afterSignOut(site, text), to))
  }
  for (const text of [
    'https://evil.example/',
    `https://evil.example/federation${query}`,
    `https://signin.aws.amazon.com.evil.example/federation${query}`,
    `https://signin.aws.amazon.com/oauth${query}`,
    'https://signin.aws.amazon.com/federation?Action=logout',
    '/hallpass/federation?Action=logout',
    `//signin.aws.amazon.com/federation${query}`,
    `https://a@signin.aws.amazon.com/federation${query}`,
  ]) {
    test(`${text} is none`, () => assert.equal(afterSignOut(site, text), undefined))
  }
})
