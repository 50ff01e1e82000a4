import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Message, readHeaders } from '../http.ts'
import { type Presented, readAuthorization } from './credential.ts'
import type { Rejection } from './rejection.ts'

const signature = 'a'.repeat(64)
const sound = `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/sts/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signature}`
const date = '20150830T123600Z'

function message(headers: Record<string, string>, target = '/'): Message {
  return { method: 'GET', target, headers: new Map(Object.entries({ host: 'h', ...headers })) }
}

const withAuthorization = (authorization: string, headers: Record<string, string> = { 'x-amz-date': date }) =>
  message({ authorization, ...headers })

const parameters = {
  'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
  'X-Amz-Credential': 'AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fsts%2Faws4_request',
  'X-Amz-Date': date,
  'X-Amz-Expires': '60',
  'X-Amz-SignedHeaders': 'host',
  'X-Amz-Signature': signature,
}

const query = (changes: Record<string, string | undefined> = {}) =>
  Object.entries({ ...parameters, ...changes })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value}`)
    .join('&')

const presigned = (changes: Record<string, string | undefined> = {}, more = '', headers: Record<string, string> = {}) =>
  message(headers, `/?${query(changes)}${more}`)

describe('readAuthorization reads', () => {
  const rows: readonly (readonly [string, Message, Partial<Presented> | undefined])[] = [
    ['nothing from a request without credentials', message({}, '/?Action=x&Token=y'), undefined],
    ['nothing from a session token alone', message({ 'x-amz-security-token': 't' }), undefined],
    [
      'the header form',
      withAuthorization(sound),
      {
        form: 'header',
        keyId: 'AKIDEXAMPLE',
        date: '20150830',
        region: 'us-east-1',
        service: 'sts',
        terminator: 'aws4_request',
        signedHeaders: ['host', 'x-amz-date'],
        signature,
        amzDate: date,
        time: Date.UTC(2015, 7, 30, 12, 36),
        expires: undefined,
        token: undefined,
        tokenSigned: false,
      },
    ],
    ['parts separated by commas alone', withAuthorization(sound.replaceAll(', ', ',')), { signature }],
    ['parts in another order', withAuthorization(reordered(sound)), { keyId: 'AKIDEXAMPLE', signature }],
    [
      'the time from the Date header when there is no X-Amz-Date',
      withAuthorization(sound, { date: 'Sun, 30 Aug 2015 12:36:00 GMT' }),
      { amzDate: date, time: Date.UTC(2015, 7, 30, 12, 36) },
    ],
    ['a Date header in basic ISO form', withAuthorization(sound, { date }), { amzDate: date }],
    [
      'X-Amz-Date rather than Date',
      withAuthorization(sound, { 'x-amz-date': date, date: 'Sun, 30 Aug 2015 12:00:00 GMT' }),
      { amzDate: date },
    ],
    [
      'a session token that is not signed',
      withAuthorization(sound, { 'x-amz-date': date, 'x-amz-security-token': 't+/=' }),
      { token: 't+/=', tokenSigned: false },
    ],
    [
      'a session token that is signed',
      withAuthorization(sound.replace('x-amz-date', 'x-amz-date;x-amz-security-token'), {
        'x-amz-date': date,
        'x-amz-security-token': 't',
      }),
      { token: 't', tokenSigned: true },
    ],
    [
      'a session token in the query beside an Authorization header',
      message({ authorization: sound, 'x-amz-date': date }, '/?X-Amz-Security-Token=a%2Bb'),
      { form: 'header', token: 'a+b', tokenSigned: true },
    ],
    [
      'the presigned form',
      presigned({ 'X-Amz-Security-Token': 'a%2Bb%2F%3D' }),
      { form: 'query', keyId: 'AKIDEXAMPLE', service: 'sts', expires: 60, token: 'a+b/=', signedHeaders: ['host'] },
    ],
    [
      'a presigned form whose names are escaped',
      message({}, `/?${query().replaceAll('X-Amz', 'X%2DAmz')}`),
      { signature },
    ],
    [
      'a presigned form without a lifetime, but for S3',
      presigned({ 'X-Amz-Expires': undefined }),
      { expires: undefined },
    ],
  ]
  for (const [title, request, expected] of rows) {
    test(title, () => {
      const presented = readAuthorization(request)
      if (expected === undefined) assert.equal(presented, undefined)
      else assert.partialDeepStrictEqual(presented, expected)
    })
  }
})

function reordered(text: string): string {
  const [first = '', ...rest] = text.slice('AWS4-HMAC-SHA256 '.length).split(', ')
  return `AWS4-HMAC-SHA256 ${[...rest, first].join(', ')}`
}

describe('readAuthorization refuses', () => {
  const names = Array.from({ length: 101 }, (_, i) => `x-${String(i).padStart(3, '0')}`).join(';')
  const listed = (list: string) => withAuthorization(sound.replace('host;x-amz-date', list))
  const signed = (value: string) => withAuthorization(sound.replace(signature, value))
  const scoped = (value: string) => withAuthorization(sound.replace(/Credential=[^,]*/, `Credential=${value}`))
  const rows: readonly (readonly [string, Message, Partial<Rejection>])[] = [
    ['another scheme', withAuthorization('Bearer x'), { rejected: 'algorithm', form: 'header', value: 'Bearer' }],
    ['an empty Authorization', withAuthorization(''), { rejected: 'algorithm', value: '' }],
    [
      'SigV4A',
      withAuthorization(sound.replace('HMAC', 'ECDSA-P256')),
      { rejected: 'algorithm', value: 'AWS4-ECDSA-P256-SHA256' },
    ],
    ['the scheme in lower case', withAuthorization(sound.toLowerCase()), { rejected: 'algorithm' }],
    [
      'a scheme that only begins like ours',
      withAuthorization(sound.replace('SHA256 ', 'SHA2567 ')),
      { rejected: 'algorithm' },
    ],
    ['SigV2 in the header', withAuthorization('AWS AKID:c2ln'), { rejected: 'signature-v2', form: 'header' }],
    ['SigV2 in the query', message({}, '/?AWSAccessKeyId=A&Signature=x'), { rejected: 'signature-v2', form: 'query' }],
    [
      'header and query at once',
      presigned({}, '', { authorization: sound, 'x-amz-date': date }),
      { rejected: 'several-mechanisms' },
    ],
    [
      'an Authorization beside a lone X-Amz-Signature',
      message({ authorization: sound, 'x-amz-date': date }, '/?X-Amz-Signature=x'),
      { rejected: 'several-mechanisms' },
    ],
    [
      'SigV2 in the header beside a presigned query',
      presigned({}, '', { authorization: 'AWS A:b' }),
      { rejected: 'several-mechanisms' },
    ],
    [
      'a token in header and query, header form',
      message({ authorization: sound, 'x-amz-date': date, 'x-amz-security-token': 't' }, '/?X-Amz-Security-Token=t'),
      { rejected: 'several-tokens' },
    ],
    [
      'a token in header and query, presigned form',
      presigned({ 'X-Amz-Security-Token': 't' }, '', { 'x-amz-security-token': 't' }),
      { rejected: 'several-tokens' },
    ],
    [
      'two tokens in the query',
      presigned({}, '&X-Amz-Security-Token=a&X-Amz-Security-Token=b'),
      { rejected: 'repeated-parameter', name: 'X-Amz-Security-Token' },
    ],
    [
      'two tokens in the query beside an Authorization header',
      message({ authorization: sound, 'x-amz-date': date }, '/?X-Amz-Security-Token=a&X-Amz-Security-Token=b'),
      { rejected: 'repeated-parameter' },
    ],
    [
      'two signatures in the query',
      presigned({}, `&X-Amz-Signature=${signature}`),
      { rejected: 'repeated-parameter', name: 'X-Amz-Signature' },
    ],
    [
      'a second date in the query under an escaped name',
      presigned({}, `&X%2dAmz-Date=${date}`),
      { rejected: 'repeated-parameter', name: 'X-Amz-Date' },
    ],
    [
      'two Credentials in the header',
      withAuthorization(`${sound}, Credential=B/20150830/us-east-1/sts/aws4_request`),
      { rejected: 'repeated-parameter', name: 'Credential' },
    ],
    [
      'two Signatures in the header',
      withAuthorization(`${sound},Signature=${signature}`),
      { rejected: 'repeated-parameter', name: 'Signature' },
    ],
    [
      'two SignedHeaders in the header',
      withAuthorization(`${sound},SignedHeaders=host`),
      { rejected: 'repeated-parameter', name: 'SignedHeaders' },
    ],
    [
      'a part without equal-sign',
      withAuthorization(`${sound}, junk`),
      { rejected: 'not-key-value', part: 'junk', authorization: `${sound}, junk` },
    ],
    ['an empty part', withAuthorization(`${sound},`), { rejected: 'not-key-value', part: '' }],
    [
      'the scheme alone, all that is missing in order',
      withAuthorization('AWS4-HMAC-SHA256', {}),
      {
        rejected: 'missing-parameters',
        missing: ['Credential', 'Signature', 'SignedHeaders', 'Date'],
        authorization: 'AWS4-HMAC-SHA256',
      },
    ],
    [
      'names with blanks before the equal-sign',
      withAuthorization(sound.replace('Signature=', 'Signature =')),
      { rejected: 'missing-parameters', missing: ['Signature'] },
    ],
    [
      'empty values',
      withAuthorization('AWS4-HMAC-SHA256 Credential=,SignedHeaders=host,Signature=b'),
      { rejected: 'missing-parameters', missing: ['Credential'] },
    ],
    ['no date at all', withAuthorization(sound, {}), { rejected: 'missing-parameters', missing: ['Date'] }],
    [
      'an X-Amz-Date only in the query of the header form',
      message({ authorization: sound }, `/?X-Amz-Date=${date}`),
      { rejected: 'missing-parameters', missing: ['Date'] },
    ],
    [
      'a presigned query with only a signature, all that is missing',
      message({}, '/?X-Amz-Signature=x'),
      {
        rejected: 'missing-query-parameters',
        missing: ['X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-SignedHeaders', 'X-Amz-Date'],
      },
    ],
    [
      'a presigned query without date',
      presigned({ 'X-Amz-Date': undefined }),
      { rejected: 'missing-query-parameters', missing: ['X-Amz-Date'] },
    ],
    [
      'a presigned query with the date in a header',
      presigned({ 'X-Amz-Date': undefined }, '', { 'x-amz-date': date }),
      { rejected: 'missing-query-parameters', missing: ['X-Amz-Date'] },
    ],
    [
      'a presigned S3 query without lifetime',
      presigned({
        'X-Amz-Expires': undefined,
        'X-Amz-Credential': parameters['X-Amz-Credential'].replace('sts', 's3'),
      }),
      { rejected: 'missing-query-parameters', missing: ['X-Amz-Expires'] },
    ],
    [
      'another algorithm in the query',
      presigned({ 'X-Amz-Algorithm': 'AWS4-ECDSA-P256-SHA256' }),
      { rejected: 'algorithm', form: 'query', value: 'AWS4-ECDSA-P256-SHA256' },
    ],
    ['a broken escape in a presigned query', presigned({}, '&a=%2'), { rejected: 'malformed', where: 'query' }],
    [
      'a lifetime that is no number',
      presigned({ 'X-Amz-Expires': '1e3' }),
      { rejected: 'expires', why: 'not-a-number', value: '1e3' },
    ],
    ['an empty lifetime', presigned({ 'X-Amz-Expires': '' }), { rejected: 'expires', why: 'not-a-number' }],
    [
      'a lifetime of many digits',
      presigned({ 'X-Amz-Expires': '9'.repeat(400) }),
      { rejected: 'expires', why: 'not-a-number' },
    ],
    [
      'a negative lifetime',
      presigned({ 'X-Amz-Expires': '-1' }),
      { rejected: 'expires', why: 'negative', value: '-1' },
    ],
    [
      'a credential of four parts',
      scoped('A/20150830/us-east-1/sts'),
      { rejected: 'credential-parts', value: 'A/20150830/us-east-1/sts' },
    ],
    ['a credential of six parts', scoped('A/20150830/us-east-1/sts/aws4_request/x'), { rejected: 'credential-parts' }],
    ['a credential without key id', scoped('/20150830/us-east-1/sts/aws4_request'), { rejected: 'credential-parts' }],
    ['a credential without slashes', scoped('AKID'), { rejected: 'credential-parts', form: 'header' }],
    [
      'a presigned credential of four parts',
      presigned({ 'X-Amz-Credential': 'A%2Fb%2Fc%2Fd' }),
      { rejected: 'credential-parts', form: 'query', value: 'A/b/c/d' },
    ],
    [
      'an extended ISO date',
      withAuthorization(sound, { 'x-amz-date': '2015-08-30T12:36:00Z' }),
      { rejected: 'date-format', value: '2015-08-30T12:36:00Z' },
    ],
    [
      'a day that does not exist',
      withAuthorization(sound, { 'x-amz-date': '20150230T123600Z' }),
      { rejected: 'date-format' },
    ],
    [
      'an hour that does not exist',
      withAuthorization(sound, { 'x-amz-date': '20150830T243600Z' }),
      { rejected: 'date-format' },
    ],
    [
      'a signed digit in the date',
      withAuthorization(sound, { 'x-amz-date': '2015083-T123600Z' }),
      { rejected: 'date-format' },
    ],
    [
      'an RFC 1123 X-Amz-Date',
      withAuthorization(sound, { 'x-amz-date': 'Sun, 30 Aug 2015 12:36:00 GMT' }),
      { rejected: 'date-format' },
    ],
    [
      'a bad X-Amz-Date beside a good Date',
      withAuthorization(sound, { 'x-amz-date': 'x', date: 'Sun, 30 Aug 2015 12:36:00 GMT' }),
      { rejected: 'date-format', value: 'x' },
    ],
    [
      'a Date with another zone',
      withAuthorization(sound, { date: 'Sun, 30 Aug 2015 12:36:00 EST' }),
      { rejected: 'date-format' },
    ],
    [
      'a Date with the wrong weekday',
      withAuthorization(sound, { date: 'Mon, 30 Aug 2015 12:36:00 GMT' }),
      { rejected: 'date-format' },
    ],
    ['a bad date in the query', presigned({ 'X-Amz-Date': '201' }), { rejected: 'date-format', value: '201' }],
    [
      'unsorted signed headers',
      listed('x-amz-date;host'),
      { rejected: 'signed-headers', why: 'unsorted', value: 'x-amz-date;host' },
    ],
    ['repeated signed headers', listed('host;host'), { rejected: 'signed-headers', why: 'repeated' }],
    ['upper-case signed headers', listed('Host;x-amz-date'), { rejected: 'signed-headers', why: 'malformed' }],
    [
      'an empty name among the signed headers',
      listed('host;;x-amz-date'),
      { rejected: 'signed-headers', why: 'malformed' },
    ],
    ['blanks among the signed headers', listed('host; x-amz-date'), { rejected: 'signed-headers', why: 'malformed' }],
    ['a colon in a signed header', listed('host:evil;x-amz-date'), { rejected: 'signed-headers', why: 'malformed' }],
    [
      'a line end in a signed header of the query',
      presigned({ 'X-Amz-SignedHeaders': 'host%0Aevil' }),
      { rejected: 'signed-headers', why: 'malformed' },
    ],
    ['more than 100 signed headers', listed(`host;${names}`), { rejected: 'signed-headers', why: 'too-many' }],
    ['a signature of 63 digits', signed('a'.repeat(63)), { rejected: 'signature-form' }],
    ['a signature of 65 digits', signed('a'.repeat(65)), { rejected: 'signature-form' }],
    ['an upper-case signature', signed('A'.repeat(64)), { rejected: 'signature-form' }],
    ['a signature that is not hexadecimal', signed('g'.repeat(64)), { rejected: 'signature-form' }],
    ['a signature with a blank inside', signed(`${'a'.repeat(31)} ${'a'.repeat(32)}`), { rejected: 'signature-form' }],
    [
      'an upper-case signature in the query',
      presigned({ 'X-Amz-Signature': 'A'.repeat(64) }),
      { rejected: 'signature-form' },
    ],
  ]
  for (const [title, request, expected] of rows) {
    test(title, () => assert.partialDeepStrictEqual(readAuthorization(request), expected as object))
  }

  for (const name of [
    'Authorization',
    'Host',
    'X-Amz-Date',
    'X-Amz-Security-Token',
    'X-Amz-Target',
    'X-Amz-Content-Sha256',
  ]) {
    test(`a repeated ${name}, before any credential is read`, () => {
      assert.deepEqual(readHeaders([name, 'a', name.toUpperCase(), 'b']), { repeated: name.toLowerCase() })
    })
  }
})
