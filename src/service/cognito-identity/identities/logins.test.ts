// Who vouches for the bearer of logins, by the names that tokens of the pool give them.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { voucherOf } from './logins.ts'

const oidc = (url: string) => [url, `arn:aws:iam::111122223333:oidc-provider/${url}:OIDC:ann`]
const google = ['accounts.google.com', 'accounts.google.com:client:ann']
const userPool = 'cognito-idp.us-east-1.amazonaws.com/us-east-1_abcdefghi'

describe('logins', () => {
  const rows: readonly (readonly [string, readonly string[], 'account' | 'nobody'])[] = [
    ['a guest', ['unauthenticated'], 'nobody'],
    ['no login', ['authenticated'], 'nobody'],
    ['Google', ['authenticated', ...google], 'nobody'],
    ['Google and Facebook', ['authenticated', ...google, 'graph.facebook.com', 'graph.facebook.com:app:1'], 'nobody'],
    [
      'a subject at Google like a provider',
      ['authenticated', 'accounts.google.com', `accounts.google.com:a:${oidc('idp.example')[1]}`],
      'nobody',
    ],
    ['GitHub’s Actions', ['authenticated', ...oidc('token.actions.githubusercontent.com')], 'nobody'],
    ['GitHub’s Actions in other letters', ['authenticated', ...oidc('Token.Actions.GitHubUserContent.com')], 'nobody'],
    [
      'an issuer of one enterprise at GitHub',
      ['authenticated', ...oidc('token.actions.githubusercontent.com/acme')],
      'account',
    ],
    ['a provider of the account', ['authenticated', ...oidc('login.example.com:8443/realms/main')], 'account'],
    ['a provider of the account beside Google', ['authenticated', ...google, ...oidc('login.example.com')], 'account'],
    ['a user pool', ['authenticated', userPool, `${userPool}:CognitoSignIn:ann`], 'account'],
    [
      'the pool’s developer',
      ['authenticated', 'login.app', 'login.app:us-east-1:0198f3a2-0000-7222-8333-444455556666:ann'],
      'account',
    ],
  ]
  for (const [name, amr, voucher] of rows)
    it(`vouch for their bearer: ${name}, ${voucher}`, () => assert.equal(voucherOf(amr), voucher))
})
