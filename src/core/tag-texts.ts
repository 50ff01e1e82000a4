// What a session tag's key and value may be, and how many there may be (STS API Reference, "Tag"; IAM User Guide, "Passing session
// tags in AWS STS").
import { foldCase } from './case-fold.ts'

export const MOST_SESSION_TAGS = 50

const KEY = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u
const VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u

/** As the model has keys; those that begin with `aws:` are AWS's own. */
export const isTagKey = (key: string): boolean => KEY.test(key)
export const isTagValue = (value: string): boolean => VALUE.test(value)
/** A key that somebody may give. */
export const isOwnTagKey = (key: string): boolean => isTagKey(key) && !foldCase(key).startsWith('aws:')
