// Messages in links: written so that a browser changes nothing of them, and read within bounds.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deflateRawSync } from 'node:zlib'
import { redirected, redirectTo } from './redirect.ts'
import { authnRequest, logoutRequest, logoutResponse } from './requests.ts'
import { verifiedMember, verifyQuery } from './sign.ts'
import { newSamlKeys } from './testing/idp.ts'
import { withDocument } from './xml.ts'

const { privateKey, publicKey } = newSamlKeys()

for (const location of [
  'https://idp.example/sso',
  'https://idp.example/sso?tenant=a',
  'https://idp.example/sso?a=b#c',
]) {
  test(`a message is verified as a browser sends it on to ${location}`, () => {
    const relay = `/a?b='c'&d=(e)!*+ ü`
    const address = redirectTo(location, 'SAMLRequest', '<a/>', relay, privateKey)
    const { search } = new URL(address)
    const raw = search.slice(1).replace(/^(?:tenant=a|a=b)&/, '')
    assert.equal(
      address.startsWith(`${location.replace(/#.*/, '')}${location.includes('?') ? '&' : '?'}SAMLRequest=`),
      true,
    )
    assert.equal(verifyQuery(raw, [publicKey]), 'verified')
    assert.equal(verifiedMember(raw, 'RelayState'), relay)
    assert.equal(Buffer.from(redirected(verifiedMember(raw, 'SAMLRequest') ?? '') ?? []).toString(), '<a/>')
  })
}

for (const [what, text] of [
  ['that is no base64', '%'],
  ['that is not compressed', Buffer.from('<a/>').toString('base64')],
  ['that inflates beyond its bound', deflateRawSync(' '.repeat(70_000)).toString('base64')],
  ['that is too long', 'A'.repeat(16_388)],
] as const) {
  test(`a message ${what} is none`, () => assert.equal(redirected(text), undefined))
}

test('what a message holds is text in it', () => {
  const odd = "\"><x a='b'>&amp;\n\r\t"
  const about = { id: '_a', issuer: odd, destination: odd, now: new Date('2026-09-01T12:00:00Z') }
  const messages = [
    authnRequest(about, odd),
    logoutRequest(about, { nameId: odd, format: odd, sessionIndex: odd }),
    logoutResponse(about, odd, false),
  ]
  for (const xml of messages) {
    const read = withDocument(Buffer.from(xml), ({ root }) => [
      root.attr('Destination')?.value,
      root.firstChild?.content,
    ])
    assert.deepEqual(read, [odd, odd])
  }
})
