// What differs between services in Signature Version 4: one row a family, everything else is the plain rule.

export interface Rule {
  /**
   * 's3': path taken as sent, encoded once; payload hash taken from the header, unsigned and streamed payloads allowed;
   * every x-amz-* header must be signed. 'plain': path normalised (RFC 3986 5.2.4) and encoded again over the wire
   * form; payload hash is that of the body.
   */
  readonly style: 's3' | 'plain'
  /** How far the request's time may lie from ours, each way, in milliseconds. */
  readonly skewMs: number
  /** X-Amz-Expires of presigned requests: 'ignored' leaves the skew alone to bound them. */
  readonly expires: 'required' | 'honoured' | 'ignored'
  /** Whether the session token may be left out of what is signed (appended to a URL after signing). */
  readonly tokenMayBeUnsigned: boolean
}

const minutes = (n: number) => n * 60_000

const plain: Rule = { style: 'plain', skewMs: minutes(15), expires: 'honoured', tokenMayBeUnsigned: false }
const s3: Rule = { style: 's3', skewMs: minutes(15), expires: 'required', tokenMayBeUnsigned: false }
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
