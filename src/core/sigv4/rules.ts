// What differs between services in Signature Version 4: one row a family, everything else is the plain rule.

export interface Rule {
  /**
   * 'sent': the path as sent, decoded and encoded once, `//` and `..` kept. 'normalised': dot segments and empty ones
   * removed (RFC 3986 5.2.4), then the wire form encoded again.
   */
  readonly path: 'sent' | 'normalised'
  /**
   * 'stated': the payload line is what x-amz-content-sha256 says, unsigned and streamed forms included, and the body is
   * compared with it. 'body': the payload line is the hash of the body, whatever a header says.
   */
  readonly payload: 'stated' | 'body'
  /** Whether every x-amz-* header must be signed, or only those that decide what is done (x-amz-target, the token). */
  readonly everyAmzHeader: boolean
  /** How far the request's time may lie from ours, each way, in milliseconds. */
  readonly skewMs: number
  /** X-Amz-Expires of presigned requests: 'ignored' leaves the skew alone to bound them. */
  readonly expires: 'required' | 'honoured' | 'ignored'
  /** Whether the session token may be left out of what is signed (added after signing). */
  readonly tokenMayBeUnsigned: boolean
}

const minutes = (n: number) => n * 60_000

const plain: Rule = {
  path: 'normalised',
  payload: 'body',
  everyAmzHeader: false,
  skewMs: minutes(15),
  expires: 'honoured',
  tokenMayBeUnsigned: false,
}
const s3: Rule = { ...plain, path: 'sent', payload: 'stated', everyAmzHeader: true, expires: 'required' }
const sts: Rule = { ...plain, expires: 'ignored' }
const brisk: Rule = { ...plain, skewMs: minutes(5) }
const iot: Rule = { ...brisk, tokenMayBeUnsigned: true }

const rules: ReadonlyMap<string, Rule> = new Map([
  ['s3', s3],
  ['s3express', s3],
  ['s3-object-lambda', s3],
  ['s3-outposts', s3],
  ['sts', sts],
  ['iotdata', iot],
  ['iotdevicegateway', iot],
  ['iot', brisk],
  ['kinesis', brisk],
  ['lambda', brisk],
  ['rekognition', brisk],
])

/** The longest X-Amz-Expires, in seconds: a week. */
export const longestExpires = 604_800

/** The rule of a service by its signing name; an unknown service has the plain one. */
export const ruleOf = (service: string): Rule => rules.get(service) ?? plain
