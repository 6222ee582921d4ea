// The service's API, as far as this mini program uses it. The types are those of docs/openapi.json;
// a test compares the two.

import type { Desk } from '../app'

export interface EntryShown {
  item_code: string
  name: string
  department: string
  complete: boolean
  version_no: number
  hash8: string
  as_of: string
}

export interface GuidesShown {
  items: EntryShown[]
  next_cursor: string | null
}

export interface ByCode {
  case_no: string
  query_code: string
}

export interface HappeningShown {
  at: string
  title: string
  detail: string | null
}

export interface ProgressShown {
  case_no: string
  item_name: string
  state: State
  label: string
  next_step: string
  hall_name: string
  filed_at: string | null
  promised_on: string | null
  provisional: boolean
  correction_due_on: string | null
  happenings: HappeningShown[]
}

export type State =
  | 'draft'
  | 'filed'
  | 'returned_to_applicant'
  | 'pre_reviewed'
  | 'received'
  | 'correcting'
  | 'accepted'
  | 'not_accepted'
  | 'in_review'
  | 'decided'
  | 'completed'
  | 'served'
  | 'withdrawn'

export interface FieldFault {
  field: string
  detail: string
}

export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  instance: string
  request_id: string
  errors?: FieldFault[]
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
