// Which URLs are those of our own issuers.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isOwnIssuer } from './issuers.ts'

const rows: readonly (readonly [rule: string, publicUrl: string | undefined, url: string, own: boolean])[] = [
  ['an issuer of ours', 'https://sts.example.com', 'https://sts.example.com/issuers/4f', true],
  ['another scheme', 'https://sts.example.com', 'http://sts.example.com/issuers/4f', true],
  ['another port', 'https://sts.example.com', 'https://sts.example.com:8443/issuers/4f', true],
  ['other letters', 'https://sts.example.com', 'HTTPS://STS.Example.Com/Issuers/4f', true],
  ['escaped letters', 'https://sts.example.com', 'https://sts.example.com/%69ssuers/4f', true],
  ['dots on the way', 'https://sts.example.com', 'https://sts.example.com/x/../issuers/4f', true],
  ['a public URL with a path', 'https://example.com/sts', 'https://example.com/sts/issuers/4f', true],
  ['beside the public URL’s path', 'https://example.com/sts', 'https://example.com/issuers/4f', false],
  ['another page of this server', 'http://localhost:4600', 'http://localhost:4600/idp', false],
  ['another host', 'https://sts.example.com', 'https://example.com/issuers/4f', false],
  ['no URL', 'https://sts.example.com', 'issuers/4f', false],
  ['a broken escape', 'https://sts.example.com', 'https://sts.example.com/%ff/issuers/', false],
  ['no public URL', undefined, 'https://sts.example.com/issuers/4f', false],
]

for (const [rule, publicUrl, url, own] of rows) {
  test(`${rule}: ${own ? 'ours' : 'not ours'}`, () => assert.equal(isOwnIssuer({ publicUrl }, url), own))
}

const elsewhere = { publicUrl: 'https://sts.example.com', issuerUrl: 'https://files.example.com/hallpass' }
for (const [rule, url, own] of [
  ['the broker’s issuer where its documents are published', 'https://files.example.com/hallpass', true],
  ['it with a slash', 'https://files.example.com/hallpass/', true],
  ['it in other letters', 'https://FILES.example.com/%48allpass', true],
  ['below it', 'https://files.example.com/hallpass/x', true],
  ['beside it', 'https://files.example.com/hallpass2', false],
  ['the server’s own issuers still', 'https://sts.example.com/issuers/4f', true],
  ['another host', 'https://other.example.com/hallpass', false],
] as const) {
  test(`${rule}: ${own ? 'ours' : 'not ours'}`, () => assert.equal(isOwnIssuer(elsewhere, url), own))
}
