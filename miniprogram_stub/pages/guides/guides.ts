// Search the guides; see how one case stands.

import { caseProgress, searchGuides, sentence } from '../../utils/api'
import type { ByCode, EntryShown, ProgressShown } from '../../utils/api'

type Tapped = WechatMiniprogram.BaseEvent
type Submitted<Fields> = WechatMiniprogram.CustomEvent<{ value: Fields }>

interface Line {
  at: string
  title: string
  detail: string
}

/** A case as the page shows it: dates as people write them. */
interface Standing {
  caseNo: string
  itemName: string
  label: string
  nextStep: string
  hallName: string
  filedOn: string
  promisedOn: string
  correctionDueOn: string
  lines: Line[]
}

const LARGE = 'large-type'
const ORDINARY_FONT_PX = 17
const SHENYANG_MS = 8 * 60 * 60 * 1000
const NOTHING_ASKED = '请先写下您想办的事，例如：开饭店。'
const NOTHING_FOUND = '没有找到相关事项。换个说法试试，例如：开饭店、办身份证。'
const NO_RECEIPT = '请填写办件编号和查询码，它们印在受理回执上。'

/** 2026-03-09 as 2026年3月9日. */
function day(iso: string): string {
  const [year, month, date] = iso.slice(0, 10).split('-').map(Number)
  return `${year}年${month}月${date}日`
}

/** The day of an instant in Shenyang, wherever the phone is. */
function dayOf(instant: string): string {
  return day(new Date(Date.parse(instant) + SHENYANG_MS).toISOString())
}

function standing(shown: ProgressShown): Standing {
  const mark = shown.provisional ? '（暂定）' : ''
  return {
    caseNo: shown.case_no,
    itemName: shown.item_name,
    label: shown.label,
    nextStep: shown.next_step,
    hallName: shown.hall_name,
    filedOn: shown.filed_at ? dayOf(shown.filed_at) : '',
    promisedOn: shown.promised_on ? day(shown.promised_on) + mark : '',
    correctionDueOn: shown.correction_due_on ? day(shown.correction_due_on) + mark : '',
    lines: shown.happenings.map((each) => ({
      at: dayOf(each.at),
      title: each.title,
      detail: each.detail ?? '',
    })),
  }
}

/** Somebody who reads large letters in WeChat gets them here without asking. */
function readsLarge(): boolean {
  const chosen: unknown = wx.getStorageSync(LARGE)
  if (typeof chosen === 'boolean') return chosen
  return (wx.getAppBaseInfo().fontSizeSetting ?? ORDINARY_FONT_PX) > ORDINARY_FONT_PX
}

let asked = 0 // an answer that comes after a newer question is not shown

Page({
  data: {
    large: false,
    wanted: '',
    searching: false,
    searchSaid: '',
    items: [] as EntryShown[],
    asking: false,
    progressSaid: '',
    standing: null as Standing | null,
  },

  onLoad() {
    this.setData({ large: readsLarge() })
  },

  changeType(_tapped: Tapped) {
    const large = !this.data.large
    wx.setStorageSync(LARGE, large)
    this.setData({ large })
  },

  async search(submitted: Submitted<{ q: string }>) {
    const wanted = submitted.detail.value.q.trim()
    const mine = ++asked
    if (wanted === '') {
      this.setData({ searching: false, items: [], searchSaid: NOTHING_ASKED })
      return
    }
    this.setData({ wanted, searching: true, searchSaid: '正在查找…' })
    try {
      const { items } = await searchGuides(wanted)
      if (mine !== asked) return
      const searchSaid = items.length > 0 ? `找到${items.length}个事项` : NOTHING_FOUND
      this.setData({ items, searchSaid, searching: false })
    } catch (fault) {
      if (mine !== asked) return
      this.setData({ items: [], searchSaid: sentence(fault), searching: false })
    }
  },

  async askProgress(submitted: Submitted<ByCode>) {
    if (this.data.asking) return
    const receipt = {
      case_no: submitted.detail.value.case_no.trim().toUpperCase(),
      query_code: submitted.detail.value.query_code.trim(),
    }
    if (receipt.case_no === '' || receipt.query_code === '') {
      this.setData({ standing: null, progressSaid: NO_RECEIPT })
      return
    }
    this.setData({ asking: true, standing: null, progressSaid: '正在查询…' })
    try {
      const shown = await caseProgress(receipt)
      this.setData({ standing: standing(shown), progressSaid: '', asking: false })
    } catch (fault) {
      this.setData({ progressSaid: sentence(fault), asking: false })
    }
  },
})
