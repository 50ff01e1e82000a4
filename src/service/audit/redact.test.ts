// Nothing that proves an identity reaches an entry: secrets are planted wherever the contracts have room for one.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { contractOf } from '../../wire/contract.ts'
import { Refusal } from '../../wire/errors.ts'
import { forwardedOf, serviceNames } from '../../wire/services.ts'
import type { Shape } from '../../wire/shape.ts'
import { writerOf } from './cloudtrail-json.ts'
import { entryText } from './entry.ts'
import { createIdentityTexts } from './identity-record.ts'
import { scrubSentence, withoutExternalIds } from './redact.ts'
import {
  alice,
  assumed,
  assumeOutput,
  callOf,
  passOf,
  policy,
  refusedAssume,
  roleSubject,
  userSubject,
} from './testing/calls.ts'

const ids = { next: () => 'event' }
const texts = createIdentityTexts(10)

/** Members that hold a proof, whatever the contract says of them: a list of this test's own. */
const proofs =
  /^(ExternalId|TokenCode|ContextAssertion|SessionToken|Secret\w*|\w*Password|AuthenticationCode\d|\w*PrivateKey|Base32StringSeed|QRCodePNG|ServiceCredentialSecret|SAMLAssertion|WebIdentityToken|TradeInToken|Token|ContextKeyValues)$/
const harmless = new Set(['RemovePrivateKey'])

/** A value of a shape with a planted secret at each place for one, and how many were planted. */
function planted(shape: Shape, secret: boolean, depth: number, count: { planted: number }): unknown {
  const hidden = secret || shape.sensitive === true
  if (depth > 6) return undefined
  switch (shape.kind) {
    case 'structure': {
      const pairs = shape.members.map(({ name, shape: of }) => {
        const here = hidden || (proofs.test(name) && !harmless.has(name))
        return [name, planted(of, here, depth + 1, count)]
      })
      return Object.fromEntries(pairs)
    }
    case 'list':
      return [planted(shape.item, hidden, depth + 1, count)]
    case 'map':
      return { key: planted(shape.value, hidden, depth + 1, count) }
    case 'string':
      if (hidden) count.planted += 1
      return hidden ? 'PLANTED-7f3a' : 'harmless'
    case 'blob':
      return Buffer.from('PLANTED-7f3a')
    case 'integer':
    case 'double':
      return 7
    case 'boolean':
      return true
    case 'timestamp':
      return new Date(0)
  }
}

const isPlanted = /PLANTED-7f3a|UExBTlRFRC03ZjNh|80,76,65,78/i

describe('planted secrets', () => {
  for (const service of serviceNames) {
    test(`of every operation of ${service} stand in no entry`, () => {
      const contract = contractOf(service)
      const count = { planted: 0 }
      for (const name of contract.operationNames) {
        const operation = contract.operation(name)
        if (operation === undefined) continue
        const input = operation.input === undefined ? {} : planted(operation.input, false, 0, count)
        const output = operation.output === undefined ? {} : planted(operation.output, false, 0, count)
        const call = callOf(alice, userSubject(), { service, operation: name })
        const outcome = { call, contract: operation, operation: { audit: { readOnly: false } }, input, decided: [] }
        const text = entryText({ ...outcome, output: output as object }, texts, ids)
        assert.doesNotMatch(text, isPlanted, name)
        // Without the contract, by their names alone.
        assert.ok(JSON.parse(text).records.length === 1, name)
        const refused = new Refusal({ code: 'X', status: 400, message: 'no' })
        assert.doesNotMatch(entryText({ ...outcome, refused }, texts, ids), isPlanted, name)
      }
      // Those that are passed on have no credentials in their shapes, nor has EKS.
      assert.equal(count.planted > 0, forwardedOf(service) === undefined && service !== 'eks')
    })
  }

  test('of AssumeRole stand in no entry: not of the credentials, the pass, the proof of MFA, the external id', () => {
    const pass = passOf()
    const call = callOf({ kind: 'session', pass }, roleSubject(), { operation: 'AssumeRole' })
    assert.doesNotMatch(entryText(assumed({ call }), texts, ids), /planted|918273/)
  })

  test('of a descriptor that hands out too much are held back by their names', () => {
    const response = () => ({ Credentials: assumeOutput.Credentials, nested: [{ WebIdentityToken: 'planted' }] })
    const operation = {
      audit: { readOnly: false, request: () => ({ ExternalId: 'planted', samlAssertion: 'planted' }), response },
    }
    const { contract: _, ...rest } = assumed({ operation })
    assert.doesNotMatch(entryText(rest, texts, ids), /planted/)
  })

  test('of a refusal stand in no entry: neither what was sent nor what the trust policy expects', () => {
    const trust = policy('trust', 'trust', {
      Effect: 'Allow',
      Principal: { AWS: '*' },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'sts:ExternalId': 'planted-expected' } },
    })
    const text = entryText(refusedAssume([], trust), texts, ids)
    assert.doesNotMatch(text, /planted/)
    assert.match(text, /"sts:externalid":"\[redacted\]"/)
  })
})

describe('external ids in policy documents', () => {
  const document = (key: string) =>
    `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Condition":{"StringEquals":{"${key}":"planted"}}}]}`
  const rows = [
    ['named plainly', document('sts:ExternalId')],
    ['in another case', document('STS:EXTERNALID')],
    ['with an escaped letter', document('sts:\\u0045xternalId')],
    ['percent-encoded, as IAM answers', encodeURIComponent(document('sts:ExternalId'))],
    ['twice, the last one empty', '{"Condition":{"StringEquals":{"sts:ExternalId":"planted"}},"Condition":{}}'],
    ['in a list of values', document('sts:ExternalId').replace('"planted"', '["planted","planted-too"]')],
    ['in a document that cannot be read', `${document('sts:ExternalId')}]`],
  ] as const
  for (const [title, text] of rows) test(title, () => assert.doesNotMatch(withoutExternalIds(text), /planted/))

  test('what names none stays as it is, to the letter', () => {
    const text = ' { "Version" : "2012-10-17" } '
    assert.equal(withoutExternalIds(text), text)
  })

  test('are taken out of the parameters and answers that hold documents', () => {
    const contract = contractOf('iam')
    const input = { RoleName: 'r', AssumeRolePolicyDocument: document('sts:ExternalId') }
    const text = writerOf(contract.operation('CreateRole')?.input)(input)
    assert.doesNotMatch(text, /planted/)
    const output = {
      Role: { RoleName: 'r', AssumeRolePolicyDocument: encodeURIComponent(input.AssumeRolePolicyDocument) },
    }
    assert.doesNotMatch(writerOf(contract.operation('CreateRole')?.output)(output), /planted/)
    const list = { PolicyInputList: [input.AssumeRolePolicyDocument], ActionNames: ['x'] }
    assert.doesNotMatch(writerOf(contract.operation('SimulateCustomPolicy')?.input)(list), /planted/)
    assert.doesNotMatch(writerOf(undefined)({ policy: input.AssumeRolePolicyDocument }), /planted/)
  })
})

describe('sentences', () => {
  const rows: readonly (readonly [title: string, sentence: string, input: unknown, is: string])[] = [
    [
      'a validation message does not quote a secret member',
      "1 validation error detected: Value 'planted' at 'tokenCode' failed to satisfy constraint",
      undefined,
      "1 validation error detected: Value '[redacted]' at 'tokenCode' failed to satisfy constraint",
    ],
    [
      'nor one below',
      "Value 'planted' at 'providedContexts.1.member.contextAssertion' failed",
      undefined,
      "Value '[redacted]' at 'providedContexts.1.member.contextAssertion' failed",
    ],
    [
      'it quotes others',
      "Value 'a b' at 'roleSessionName' failed",
      undefined,
      "Value 'a b' at 'roleSessionName' failed",
    ],
    ['a web token is taken out', 'bad token eyJhbGciOi.eyJzdWIi.c2ln, sorry', undefined, 'bad token [redacted], sorry'],
    ['wherever it begins, with all that follows', 'kid=(x-eyJhbGciOi.a.b.c)', undefined, 'kid=(x-[redacted])'],
    ['also behind what is none', 'eyJ.eyJhbGciOi.a', undefined, 'eyJ.[redacted]'],
    ['a word that begins like one stays', 'eyJhbGciOi is no token.', undefined, 'eyJhbGciOi is no token.'],
    [
      'of two quotes the secret one is taken out',
      "Value 'a' at 'name' failed; Value 'it' at 'is planted' at 'tokenCode' failed",
      undefined,
      "Value 'a' at 'name' failed; Value '[redacted]' at 'tokenCode' failed",
    ],
    ['what was sent as a secret is taken out', 'no planted here', { ExternalId: 'planted' }, 'no [redacted] here'],
    ['at any depth', 'no planted here', { a: [{ SessionToken: 'planted' }] }, 'no [redacted] here'],
  ]
  for (const [title, sentence, input, is] of rows) test(title, () => assert.equal(scrubSentence(sentence, input), is))

  for (const [title, part] of [
    ['what web tokens begin with', 'eyJ'],
    ['what web tokens begin with, and a dot', 'eyJ.'],
    ['what quotes begin with', "Value '"],
    ['quotes of nothing', "Value 'x' at '"],
    ['what quotes end with', "' at '"],
  ] as const) {
    // Half a million characters: what looks again from each of them does not come to an end.
    test(`are read once, however often they repeat ${title}`, () => {
      const kept = scrubSentence(part.repeat(500_000 / part.length), undefined)
      assert.equal(kept.length, 4_097)
    })
  }
})
