// What a session tag's key and value may be, and how many there may be (STS API Reference, "Tag"; IAM User Guide, "Passing session
// tags in AWS STS"): what AssumeRole would refuse is refused where it is written.
import { foldCase } from '../../core/case-fold.ts'

export const MOST_SESSION_TAGS = 50

const KEY = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u
const VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u

export const isGoodTagKey = (key: string): boolean => KEY.test(key) && !foldCase(key).startsWith('aws:')
export const isGoodTagValue = (value: string): boolean => VALUE.test(value)
