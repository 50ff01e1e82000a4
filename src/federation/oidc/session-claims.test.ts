// Session tags and source identity in tokens: AWS's two forms, and what rejects a token.
import { deepEqual } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Json, readJson } from '../../wire/json-text.ts'
import { sessionClaims } from './session-claims.ts'

const claimsOf = (claims: object) => {
  const read = readJson(Buffer.from(JSON.stringify(claims)))
  return ('value' in read ? read.value : new Map()) as ReadonlyMap<string, Json>
}

describe('session tags and source identity', () => {
  const tags = (value: unknown) => sessionClaims(claimsOf({ 'https://aws.amazon.com/tags': value }))
  test('tags, transitive keys and source identity', () => {
    const claims = {
      'https://aws.amazon.com/tags': { principal_tags: { Team: ['red'], Plain: 'x' }, transitive_tag_keys: ['Team'] },
      'https://aws.amazon.com/source_identity': 'ann@corp',
    }
    deepEqual(sessionClaims(claimsOf(claims)), {
      tags: [
        { Key: 'Team', Value: 'red' },
        { Key: 'Plain', Value: 'x' },
      ],
      transitive: ['Team'],
      sourceIdentity: 'ann@corp',
    })
  })
  const bad: [string, unknown][] = [
    ['a list', []],
    ['a text', 'Team=red'],
    ['tags that are a list', { principal_tags: ['Team'] }],
    ['two values', { principal_tags: { Team: ['red', 'blue'] } }],
    ['a number', { principal_tags: { Team: [7] } }],
    ['a value too long', { principal_tags: { Team: ['x'.repeat(257)] } }],
    ['characters that tags do not have', { principal_tags: { Team: ['a*b'] } }],
    ['an empty key', { principal_tags: { '': ['x'] } }],
    [
      'more than fifty',
      { principal_tags: Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`k${at}`, ['v']])) },
    ],
    ['transitive keys that are no list', { principal_tags: {}, transitive_tag_keys: 'Team' }],
    ['transitive keys that are no texts', { principal_tags: {}, transitive_tag_keys: [1] }],
    ['a member of another name', { principal_tags: {}, principal_tag: { Team: ['red'] } }],
    ['a member in another case', { Principal_Tags: { Team: ['red'] } }],
    ['keys that differ in case alone', { principal_tags: { Team: ['red'], team: ['red'] } }],
  ]
  for (const [name, value] of bad) {
    test(`misshapen tags reject the token: ${name}`, () => {
      deepEqual(tags(value), { rejected: 'bad-claim', detail: 'https://aws.amazon.com/tags' })
    })
  }
  for (const value of ['a', 'x'.repeat(65), 'a b', 7, ['ann']]) {
    test(`a misshapen source identity rejects the token: ${JSON.stringify(value).slice(0, 20)}`, () => {
      const claims = claimsOf({ 'https://aws.amazon.com/source_identity': value })
      deepEqual(sessionClaims(claims), { rejected: 'bad-claim', detail: 'https://aws.amazon.com/source_identity' })
    })
  }

  const all = 'https://aws.amazon.com/tags'
  const flat = (tag: string) => `${all}/principal_tags/${tag}`
  const keys = `${all}/transitive_tag_keys`
  const team = { Key: 'Team', Value: 'red' }
  const good: [string, object, readonly object[], readonly string[]][] = [
    ['in flat claims', { [flat('Team')]: 'red', [keys]: ['Team'] }, [team], ['Team']],
    ['in flat claims, as lists of one', { [flat('Team')]: ['red'] }, [team], []],
    ['whose keys have slashes', { [flat('a/b')]: 'x' }, [{ Key: 'a/b', Value: 'x' }], []],
    [
      'some in an object, some flat',
      { [all]: { principal_tags: { Team: ['red'] } }, [flat('Tier')]: 'gold', [keys]: ['Tier'] },
      [team, { Key: 'Tier', Value: 'gold' }],
      ['Tier'],
    ],
    [
      'in both forms, the same',
      {
        [flat('Team')]: 'red',
        [keys]: ['Team'],
        [all]: { principal_tags: { Team: ['red'] }, transitive_tag_keys: ['Team'] },
      },
      [team],
      ['Team'],
    ],
  ]
  for (const [name, claims, sessionTags, transitive] of good) {
    test(`tags ${name}`, () => {
      deepEqual(sessionClaims(claimsOf(claims)), { tags: sessionTags, transitive, sourceIdentity: undefined })
    })
  }

  const many = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`k${at}`, ['v']]))
  const conflicting: [string, object, string][] = [
    ['two values of a tag', { [all]: { principal_tags: { Team: ['red'] } }, [flat('Team')]: 'blue' }, flat('Team')],
    ['in the other order', { [flat('Team')]: 'blue', [all]: { principal_tags: { Team: ['red'] } } }, all],
    ['a tag in two cases', { [flat('Team')]: 'red', [flat('team')]: 'red' }, flat('team')],
    ['other transitive keys', { [all]: { transitive_tag_keys: ['Team'] }, [keys]: [], [flat('Team')]: 'red' }, all],
    ['fewer transitive keys', { [all]: { transitive_tag_keys: ['Team', 'Team'] }, [keys]: ['Team', 'Tier'] }, all],
    ['more than fifty together', { [all]: { principal_tags: many }, [flat('more')]: 'v' }, all],
    ['a flat tag of two values', { [flat('Team')]: ['red', 'blue'] }, flat('Team')],
    ['a flat tag that is a number', { [flat('Team')]: 7 }, flat('Team')],
    ['a flat tag with an empty key', { [flat('')]: 'red' }, flat('')],
    ['flat transitive keys that are a text', { [flat('Team')]: 'red', [keys]: 'Team' }, keys],
    ['tags half flat', { [`${all}/principal_tags`]: { Team: ['red'] } }, `${all}/principal_tags`],
  ]
  const beside = ['', '/', '/Tags', '/principal_tags/Team', '/session_policy', '/SAML/Attributes/SourceIdentity']
  for (const name of beside)
    conflicting.push([`AWS’s${name}`, { [`https://aws.amazon.com${name}`]: 'x' }, `https://aws.amazon.com${name}`])
  conflicting.push(['AWS’s in another case', { 'https://AWS.amazon.com/tags': {} }, 'https://AWS.amazon.com/tags'])
  for (const [name, claims, badClaim] of conflicting) {
    test(`a claim of AWS’s own that is not understood rejects the token: ${name}`, () => {
      deepEqual(sessionClaims(claimsOf(claims)), { rejected: 'bad-claim', detail: badClaim })
    })
  }

  test('claims of others are not AWS’s', () => {
    const claims = { 'https://aws.amazon.com.example/tags': 1, 'https://app.example/tags': {}, tags: ['x'] }
    deepEqual(sessionClaims(claimsOf(claims)), { tags: [], transitive: [], sourceIdentity: undefined })
  })
})
