// Finding a request in the journals, explaining it to the operator, and showing the caller's account its own side only.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { uuid7 } from '../../core/ids.ts'
import type { Compiled } from '../../core/policy/model.ts'
import { openSqlite } from '../../store/sqlite.ts'
import { Refusal } from '../../wire/errors.ts'
import { callerView, decoded } from './caller-view.ts'
import { entryText, readEntry } from './entry.ts'
import { answerJson, explainForOperator } from './explain-text.ts'
import { createIdentityTexts } from './identity-record.ts'
import { createAudit } from './journal.ts'
import type { CallOutcome } from './record.ts'
import {
  allowAssume,
  assumed,
  callOf,
  from,
  here,
  now,
  policy,
  refusedAssume,
  requestIdAt,
  roleArn,
  there,
} from './testing/calls.ts'
import { OPERATORS_PATIENCE_MS, type WhyAnswer, why } from './why.ts'

const texts = createIdentityTexts(10)
const answerOf = (outcome: CallOutcome): WhyAnswer => ({
  at: now,
  entry: readEntry(entryText(outcome, texts, { next: () => 'event' })),
})

const allow = { Effect: 'Allow', Principal: { AWS: here }, Action: 'sts:AssumeRole' }
const trusting = policy('trust', 'trust', allow)
/** What the checks are decided with when there is no such role. */
const missing = policy('trust', 'trust')

describe('why finds', () => {
  const dayMs = 86_400_000

  async function filled(requests: readonly Date[], batch: number) {
    let time = now
    const store = await openSqlite(':memory:', [], { clock: () => time })
    const audit = createAudit({ store, clock: () => time, retentionMs: 90 * dayMs, maxPending: 10_000 })
    const ids: string[] = []
    for (let i = 0; i < requests.length; i += batch) {
      const entries = requests.slice(i, i + batch).map((made) => {
        time = made
        const call = { ...assumed().call, requestId: requestIdAt(made) }
        ids.push(call.requestId)
        return audit.successEntry(assumed({ call }))
      })
      await audit.write(entries)
    }
    return { store, ids, audit, tick: (to: Date) => (time = to) }
  }

  test('every entry: the first, the last and each at a boundary of batches', async () => {
    const requests = Array.from({ length: 1203 }, (_, i) => new Date(now.getTime() + i * 3))
    const { store, ids } = await filled(requests, 501)
    for (const at of [0, 1, 499, 500, 501, 502, 1001, 1002, 1202]) {
      const answer = await why(store, ids[at] ?? '')
      assert.equal(answer?.entry.id, ids[at])
      assert.equal(answer?.entry.records[0]?.requestID, ids[at])
    }
    await store.close()
  })

  test('entries across days', async () => {
    const midnight = Date.parse('2023-07-19T00:00:00Z')
    const requests = [-3 * dayMs, -1, 0, 1, 40 * dayMs].map((ms) => new Date(midnight + ms))
    const { store, ids } = await filled(requests, 1)
    for (const id of ids) assert.equal((await why(store, id))?.entry.id, id)
    await store.close()
  })

  test('an entry that was appended a while after its request came, for an operator', async () => {
    const { store, audit, tick } = await filled([now], 1)
    const call = { ...assumed().call, requestId: requestIdAt(now) }
    tick(new Date(now.getTime() + 10 * 60_000))
    await audit.write([audit.successEntry(assumed({ call }))])
    assert.equal(await why(store, call.requestId), undefined)
    assert.equal((await why(store, call.requestId, OPERATORS_PATIENCE_MS))?.entry.id, call.requestId)
    await store.close()
  })

  test('a refused caller that proved nothing', async () => {
    const { store, audit } = await filled([], 1)
    const requestId = requestIdAt(now)
    const contract = { service: 'sts', name: 'AssumeRoleWithWebIdentity' } as const
    const refused = new Refusal({ code: 'AccessDenied', status: 403, message: 'No', detail: 'token expired' })
    audit.noteUnproven({ exchange: { requestId, from }, contract, now }, refused)
    await audit.close()
    const answer = await why(store, requestId)
    assert.match(explainForOperator(answer as WhyAnswer), /detail +token expired/)
    assert.equal(callerView(answer as WhyAnswer, here), undefined)
    assert.equal(decoded(answer as WhyAnswer, here), undefined)
    await store.close()
  })

  test('not what another request only mentions', async () => {
    const { store, audit } = await filled([], 1)
    const wanted = requestIdAt(now)
    const other = callOf({ kind: 'anonymous' }, undefined, { from: { ...from, userAgent: `{"id":"${wanted}",` } })
    await audit.write([audit.successEntry(assumed({ call: other }))])
    assert.equal(await why(store, wanted), undefined)
    await store.close()
  })

  for (const id of ['', 'x', '018c7b2e-0000-4000-8000-000000000000', uuid7(0, Buffer.alloc(10))]) {
    test(`nothing for «${id}»`, async () => {
      const { store } = await filled([now], 1)
      assert.equal(await why(store, id), undefined)
      await store.close()
    })
  }
})

describe('explaining a refusal to the operator', () => {
  interface Row {
    readonly title: string
    readonly identity: readonly Compiled[]
    readonly trust: Compiled
    readonly says: readonly RegExp[]
  }
  const rows: readonly Row[] = [
    {
      title: 'no policy of the caller allows it',
      identity: [],
      trust: trusting,
      says: [
        /^sts AssumeRole: refused with AccessDenied$/m,
        /who +arn:aws:iam::111111111111:user\/eng\/Alice \(IAMUser\)/,
        /from +198\.51\.100\.7, region eu-central-1/,
        /role trust policy +allows +account 222222222222 +trust, statement 1/,
        /> No identity-based policy allows sts:AssumeRole on arn:aws:iam::222222222222:role\/Target: attach one/,
      ],
    },
    {
      title: 'the trust policy does not allow the caller',
      identity: [allowAssume],
      trust: policy('trust', 'trust', { ...allow, Sid: 'Others', Principal: { AWS: '333333333333' } }),
      says: [
        /identity-based policy +allows +account 111111111111 +arn:aws:iam::111111111111:policy\/Assume, statement 1/,
        /Allow in statement 1 \(Others\) does not apply:\n +- Principal is .*333333333333/,
        /> The role's trust policy must allow sts:AssumeRole to arn:aws:iam::111111111111:user\/eng\/Alice/,
      ],
    },
    {
      title: 'a condition of the trust policy is not met',
      identity: [allowAssume],
      trust: policy('trust', 'trust', { ...allow, Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } }),
      says: [/- Bool aws:MultiFactorAuthPresent wants true; it was absent/],
    },
    {
      title: 'the external id is another: neither is shown',
      identity: [allowAssume],
      trust: policy('trust', 'trust', {
        ...allow,
        Condition: { StringEquals: { 'sts:ExternalId': 'planted-expected' } },
      }),
      says: [/- StringEquals sts:ExternalId wants a value that is not shown; another was sent/],
    },
    {
      title: 'an explicit deny',
      identity: [allowAssume, policy('identity', 'inline:Guard', { Effect: 'Deny', Action: '*', Resource: '*' })],
      trust: trusting,
      says: [/denied explicitly$/m, /> inline:Guard, statement 1 denies it: narrow or remove that Deny/],
    },
    {
      title: 'a broken policy denies',
      identity: [allowAssume, policy('identity', 'inline:Broken', { Effect: 'Deny', Action: 7 })],
      trust: trusting,
      says: [/IS BROKEN/, /> inline:Broken.* cannot be evaluated, and a broken policy denies: correct it/],
    },
  ]
  for (const { title, identity, trust, says } of rows) {
    test(title, () => {
      const text = explainForOperator(answerOf(refusedAssume(identity, trust)))
      for (const one of says) assert.match(text, one)
      assert.doesNotMatch(text, /planted/)
    })
  }

  test('an allowed call names the session that it issued', () => {
    const text = explainForOperator(answerOf(assumed()))
    assert.match(text, /^sts AssumeRole: allowed$/m)
    assert.match(text, /issued +session (cd){16}, ASIABBBBBBBBBBBBBBBB/)
  })

  test('a refusal before any policy was evaluated says so', () => {
    const { decided: _, ...rest } = refusedAssume([], trusting)
    assert.match(explainForOperator(answerOf({ ...rest, decided: [] })), /refused before any policy was evaluated/)
  })

  test('control characters that a caller sent do not reach the terminal', () => {
    const outcome = refusedAssume([allowAssume], missing)
    const call = {
      ...outcome.call,
      from: { ...from, userAgent: '\u001b[2Jcleared\u009b\u202e\r\n  message  all is well' },
    }
    const text = explainForOperator(answerOf({ ...outcome, call }))
    assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
    assert.equal(text.split('\n').filter((line) => line.includes('all is well')).length, 1)
  })

  test('the whole entry is printed as JSON', () => {
    const answer = answerOf(refusedAssume([allowAssume], missing))
    assert.deepEqual(JSON.parse(answerJson(answer)), { at: now.toISOString(), ...answer.entry })
  })
})

describe('the caller’s account', () => {
  const requestId = requestIdAt(now)
  const seen = (identity: readonly Compiled[], trust: Compiled, keys: readonly (readonly [string, string])[] = []) => {
    const answer = answerOf(refusedAssume(identity, trust, { requestId, keys }))
    return { view: callerView(answer, here), decoded: decoded(answer, here) }
  }
  const byTag = policy('identity', 'inline:ByTag', {
    Effect: 'Allow',
    Action: 'sts:AssumeRole',
    Resource: '*',
    Condition: { StringEquals: { 'aws:ResourceTag/env': 'prod' } },
  })
  const denyTagged = policy('identity', 'inline:DenyTagged', {
    Effect: 'Deny',
    Action: 'sts:AssumeRole',
    Resource: '*',
    Condition: { StringEquals: { 'iam:ResourceTag/env': 'prod' } },
  })
  const tags = [
    ['aws:resourcetag/env', 'prod'],
    ['iam:resourcetag/env', 'prod'],
    ['aws:resourceorgid', 'o-secret'],
  ] as const

  interface Pair {
    readonly title: string
    readonly identity: readonly Compiled[]
    readonly trust: Compiled
    readonly keys?: readonly (readonly [string, string])[]
  }
  const pairs: readonly Pair[] = [
    {
      title: 'one that trusts others',
      identity: [allowAssume],
      trust: policy('trust', 'trust', { ...allow, Principal: { AWS: there } }),
    },
    {
      title: 'one that expects another external id',
      identity: [allowAssume],
      trust: policy('trust', 'trust', {
        ...allow,
        Condition: { StringEquals: { 'sts:ExternalId': 'planted-expected' } },
      }),
    },
    {
      title: 'one that denies it explicitly',
      identity: [allowAssume],
      trust: policy('trust', 'trust', { ...allow, Effect: 'Deny' }),
    },
    {
      title: 'one with a broken trust policy',
      identity: [allowAssume],
      trust: policy('trust', 'trust', { Effect: 'Maybe' }),
    },
    { title: 'one with tags', identity: [allowAssume], trust: missing, keys: tags },
    { title: 'one whose tags the caller’s policy asks for', identity: [byTag], trust: missing, keys: tags },
    {
      title: 'one whose tags the caller’s policy denies',
      identity: [allowAssume, denyTagged],
      trust: missing,
      keys: tags,
    },
    { title: 'one that trusts it, while its own policies do not allow it', identity: [], trust: trusting },
    {
      title: 'one that trusts it, while its own policies deny it',
      identity: [allowAssume, policy('identity', 'inline:Guard', { Effect: 'Deny', Action: 'sts:*', Resource: '*' })],
      trust: trusting,
    },
  ]
  for (const { title, identity, trust, keys = [] } of pairs) {
    test(`cannot tell a missing role from ${title}`, () => {
      assert.deepEqual(seen(identity, trust, keys), seen(identity, missing))
    })
  }

  test('cannot tell a missing role from one that the other organization denies', () => {
    const denies = policy('rcp', 'rcp-name', { Effect: 'Deny', Principal: '*', Action: '*', Resource: '*' })
    const outcome = refusedAssume([allowAssume], missing, { requestId, rcps: [[denies]] })
    assert.match(explainForOperator(answerOf(outcome)), /rcp-name/)
    const { view, decoded: message } = seen([allowAssume], missing)
    assert.deepEqual(callerView(answerOf(outcome), here), view)
    assert.equal(decoded(answerOf(outcome), here), message)
  })

  test('sees its own votes, and that the other account denied', () => {
    const denying = policy('trust', 'trust-name', allow, { ...allow, Effect: 'Deny' })
    const { view, decoded: message = '' } = seen([allowAssume], denying)
    const [check] = view?.checks ?? []
    assert.deepEqual(
      check?.because.map(({ kind, vote, owner }) => [kind, vote, owner]),
      [['identity', 'allow', here]],
    )
    assert.deepEqual([check?.elsewhere, check?.explicit], ['denied in the resource account', false])
    assert.equal(JSON.parse(message).explicitDeny, false)
    assert.doesNotMatch(JSON.stringify(view) + message, /trust|planted/)
  })

  test('reads what its own side lacks, and nothing of the other', () => {
    const { view, decoded: message = '' } = seen([], policy('trust', 'trust', { ...allow, Principal: { AWS: there } }))
    const [check] = view?.checks ?? []
    assert.deepEqual([check?.action, check?.resource, check?.blame], ['sts:AssumeRole', roleArn, 'identity'])
    assert.equal(check?.elsewhere, undefined)
    assert.doesNotMatch(JSON.stringify(view) + message, /resource account|trust/)
  })

  test('sees all of a role of its own', () => {
    const answer = answerOf(refusedAssume([allowAssume], missing, { owner: here }))
    const [check] = callerView(answer, here)?.checks ?? []
    assert.ok(check?.because.some(({ kind, vote }) => kind === 'trust' && vote === 'silent'))
    assert.equal(check?.blame, 'trust')
  })

  test('is the only one that reads anything: another account, even the resource’s, gets nothing', () => {
    const answer = answerOf(refusedAssume([allowAssume], missing))
    for (const account of [there, '333333333333', '']) {
      assert.equal(callerView(answer, account), undefined)
      assert.equal(decoded(answer, account), undefined)
    }
    // Not even about an allowed call, of which the resource's account has a record.
    assert.equal(callerView(answerOf(assumed()), there), undefined)
  })
})

describe('DecodedMessage', () => {
  const items = (list: readonly unknown[]) => ({ items: list })

  test('has the form of AWS’s document', () => {
    const guard = policy('identity', 'inline:Guard', { Sid: 'NoRoles', Effect: 'Deny', Action: 'sts:*', Resource: '*' })
    const text = decoded(answerOf(refusedAssume([allowAssume, guard], trusting)), here)
    const message = JSON.parse(text ?? '')
    const { conditions, ...context } = message.context
    assert.deepEqual(
      { ...message, context },
      {
        allowed: false,
        explicitDeny: true,
        matchedStatements: items([
          {
            statementId: 'NoRoles',
            effect: 'DENY',
            principals: items([]),
            principalGroups: items([]),
            actions: items([{ value: 'sts:AssumeRole' }]),
            resources: items([{ value: roleArn }]),
            conditions: items([]),
          },
        ]),
        failures: items([]),
        context: {
          principal: { id: 'AIDAAAAAAAAAAAAAAAAAA', name: 'Alice', arn: `arn:aws:iam::${here}:user/eng/Alice` },
          action: 'sts:AssumeRole',
          resource: roleArn,
        },
      },
    )
    const values = new Map(conditions.items.map(({ key, values }: { key: string; values: unknown }) => [key, values]))
    assert.deepEqual(values.get('aws:username'), items([{ value: 'Alice' }]))
    assert.deepEqual(values.get('sts:externalid'), items([{ value: '[redacted]' }]))
  })

  test('is not given for a call that was allowed, or refused before a policy was asked', () => {
    assert.equal(decoded(answerOf(assumed()), here), undefined)
    assert.equal(decoded(answerOf({ ...refusedAssume([], missing), decided: [] }), here), undefined)
  })
})

test('a refusal of a caller with many policies stays of a size that can be written', () => {
  const statements = Array.from({ length: 200 }, (_, i) => ({
    Sid: `S${i}`,
    Effect: 'Allow',
    Action: 'sts:AssumeRole',
    Resource: Array.from({ length: 50 }, (_, n) => `arn:aws:iam::${there}:role/x${i}-${n}`),
  }))
  const answer = entryText(refusedAssume([policy('identity', 'inline:Big', ...statements)], missing), texts, {
    next: () => '',
  })
  assert.ok(answer.length < 64_000, String(answer.length))
})
