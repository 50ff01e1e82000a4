import assert from 'node:assert/strict'
import { test } from 'node:test'
import { challengeOf } from './pkce.ts'

test('the challenge is that of RFC 7636, appendix B', () =>
  assert.equal(
    challengeOf('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'),
    'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  ))
