// Session policy texts in the form a token carries: raw DEFLATE (RFC 1951) with a dictionary of what policies are made of.
// node:zlib's synchronous calls are values in, values out. Packing costs 15 µs and unpacking 7: callers that do it often use
// a packer that remembers each distinct text.
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { createLru } from './lru.ts'

// INVARIANT: part of the token's format: changing a character needs a new format version. The most likely text comes last.
const dictionary = Buffer.from(
  '"NotAction":"NotResource":"Sid":"DateLessThan":"aws:CurrentTime":"IpAddress":"aws:SourceIp":"Bool":' +
    '"aws:SecureTransport":"true""false""StringEqualsIgnoreCase":"StringNotEquals":"ArnLike":"ForAllValues:StringEquals":' +
    '"dynamodb:LeadingKeys":"s3:x-amz-"aws:PrincipalTag/aws:RequestTag/aws:ResourceTag/{aws:username}{aws:userid}' +
    '"sqs:SendMessage""sns:Publish""kms:Decrypt""kms:GenerateDataKey""sts:AssumeRole""sts:GetCallerIdentity""iam:PassRole"' +
    '"logs:PutLogEvents""secretsmanager:GetSecretValue""lambda:InvokeFunction""ec2:Describe*"arn:aws:iam::arn:aws:sqs:' +
    'arn:aws:lambda:arn:aws:kms:us-east-1:eu-west-1::table/dynamodb:PutItem","dynamodb:UpdateItem","dynamodb:DeleteItem",' +
    '"dynamodb:GetItem","dynamodb:BatchGetItem","dynamodb:Query","dynamodb:Scan"],"Resource":["arn:aws:dynamodb:*:' +
    '"s3:AbortMultipartUpload","s3:ListMultipartUploadParts","s3:GetBucketLocation","s3:DeleteObject","s3:PutObject",' +
    '"s3:ListBucket","Condition":{"StringLike":{"s3:prefix":["home/*"]}},{"Effect":"Deny","Action":["s3:GetObject"],' +
    '"Resource":["arn:aws:s3:::bucket/*"]}]}{"Version":"2008-10-17","Id":"Condition":{"StringEquals":{"Resource":"*"}]}' +
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}' +
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::',
)

/** Bytes of a policy text at most, unpacked: far more than validation accepts, far less than could do harm. */
export const maxText = 1 << 17

export interface PolicyPacker {
  /** The packed form of a policy text. Throws TypeError for a text with half a surrogate pair or beyond 128 KiB. */
  pack(text: string): Buffer
  /** The policy text of its packed form; undefined when it is not one. */
  unpack(bytes: Buffer): string | undefined
}

function pack(text: string): Buffer {
  const plain = Buffer.from(text)
  if (!text.isWellFormed() || plain.length > maxText) throw new TypeError('not the text of a policy')
  return deflateRawSync(plain, { dictionary, level: 9 })
}

function unpack(bytes: Buffer): string | undefined {
  try {
    return inflateRawSync(bytes, { dictionary, maxOutputLength: maxText + 1 }).toString()
  } catch {
    return undefined
  }
}

/** Packs each text anew. */
export const policyPacker: PolicyPacker = { pack, unpack }

/** Remembers what it packed and unpacked, each within that many bytes of memory. */
export function rememberingPacker(bytes: number): PolicyPacker {
  const packed = createLru<Buffer>({ bytes })
  const unpacked = createLru<string>({ bytes })
  return {
    pack(text) {
      const remembered = packed.get(text)
      if (remembered !== undefined) return remembered
      const made = pack(text)
      packed.set(text, made, 2 * text.length + made.length + 128)
      return made
    },
    unpack(form) {
      const key = form.toString('latin1')
      const remembered = unpacked.get(key)
      if (remembered !== undefined) return remembered
      const text = unpack(form)
      if (text !== undefined) unpacked.set(key, text, 2 * text.length + key.length + 128)
      return text
    },
  }
}
