// The service's API, as far as this mini program uses it. The types are those of docs/openapi.json;
// a test compares the two.

import type { Desk } from '../app'

export interface EntryShown {
  as_of: string
  complete: boolean
  department: string
  hash8: string
  item_code: string
  name: string
  version_no: number
}

export interface NothingFoundShown {
  detail: string
  did_you_mean: EntryShown[]
  reason: Reason
}

export interface NextDueShown {
  on: string
  provisional: boolean
  what: string
}

export type Reason =
  | 'emergency'
  | 'other_city'
  | 'elsewhere'
  | 'weather'
  | 'abuse'
  | 'chat'
  | 'unclear'
  | 'unknown'

export interface GuidesShown {
  items: EntryShown[]
  next_cursor: string | null
  nothing_found?: NothingFoundShown | null
}

export interface ByCode {
  case_no: string
  query_code: string
}

export interface HappeningShown {
  at: string
  basis: string | null
  detail: string | null
  title: string
}

export interface ProgressShown {
  case_no: string
  correction_due_on: string | null
  deferred: string[]
  deferred_due_on: string | null
  filed_at: string | null
  hall_name: string
  happenings: HappeningShown[]
  item_name: string
  label: string
  next_due: NextDueShown | null
  next_step: string
  promised_on: string | null
  provisional: boolean
  state: State
  why: string[]
}

export type State =
  | 'draft'
  | 'filed'
  | 'returned_to_applicant'
  | 'pre_reviewed'
  | 'received'
  | 'correcting'
  | 'returned_uncorrected'
  | 'accepted'
  | 'not_accepted'
  | 'not_in_scope'
  | 'in_review'
  | 'suspended'
  | 'decided'
  | 'completed'
  | 'certificate_ready'
  | 'served'
  | 'archived'
  | 'withdrawn'
  | 'voided'
  | 'revoked'

export interface FieldFault {
  detail: string
  field: string
}

export interface Problem {
  detail: string
  errors?: FieldFault[]
  instance: string
  request_id: string
  status: number
  title: string
  type: string
}

const TIMEOUT_MS = 10_000
const NO_NETWORK = '网络不通。请检查手机网络，稍后再试。'
const NO_SENSE = '系统繁忙，请稍后再试。'

/** The service said no, or could not be reached; the message is a sentence for the person. */
export class Refused extends Error {
  readonly status: number
  readonly errors: readonly FieldFault[]

  constructor(sentence: string, status = 0, errors: readonly FieldFault[] = []) {
    super(sentence)
    this.name = 'Refused'
    this.status = status
    this.errors = errors
  }
}

/** What to show a person when something went wrong, whatever it was. */
export function sentence(fault: unknown): string {
  if (!(fault instanceof Refused)) return NO_SENSE
  const fields = fault.errors.map((each) => each.detail).filter((each) => each !== fault.message)
  return [fault.message, ...fields].join('\n')
}

/** Guides that answer what somebody wants, in their own words. */
export function searchGuides(wanted: string, limit = 20): Promise<GuidesShown> {
  return call<GuidesShown>('GET', '/api/guides', { q: wanted, limit })
}

/** How a case stands, by what is printed on its receipt. */
export function caseProgress(receipt: ByCode): Promise<ProgressShown> {
  return call<ProgressShown>('POST', '/api/case-progress', receipt)
}

function call<Shown>(
  method: 'GET' | 'POST',
  path: string,
  data: WechatMiniprogram.IAnyObject,
): Promise<Shown> {
  const { apiUrl } = getApp<Desk>().globalData
  return new Promise((resolve, reject) => {
    wx.request<WechatMiniprogram.IAnyObject | string>({
      url: apiUrl + path,
      method,
      data,
      header: { 'content-type': 'application/json' },
      timeout: TIMEOUT_MS,
      success: ({ statusCode, data: told }) => {
        if (typeof told === 'string') reject(new Refused(NO_SENSE, statusCode))
        else if (statusCode === 200) resolve(told as Shown)
        else reject(refusal(statusCode, told as Partial<Problem>))
      },
      fail: () => reject(new Refused(NO_NETWORK)),
    })
  })
}

function refusal(status: number, problem: Partial<Problem> | null): Refused {
  return new Refused(problem?.detail || NO_SENSE, status, problem?.errors ?? [])
}
