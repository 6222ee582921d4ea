// A phone for one page: WeChat's functions as far as the page calls them, over real HTTP.
// Runs by Node: phone.ts <address of the API> <steps as JSON>; prints the page's data after each.

import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'

type Data = Record<string, unknown>
type Step = { call: string; value?: Data }
interface Request {
  url: string
  method: string
  data: Record<string, string>
  header: Record<string, string>
  success: (answer: { statusCode: number; data: unknown }) => void
  fail: () => void
}

const [folder, apiUrl, steps] = process.argv.slice(2) as [string, string, string]

// WeChat's compiler finds '../../utils/api' without an ending; so does this.
registerHooks({
  resolve: (name, context, next) =>
    next(name.startsWith('.') && !name.endsWith('.ts') ? `${name}.ts` : name, context),
})

async function request(asked: Request): Promise<void> {
  const get = asked.method === 'GET'
  const url = get ? `${asked.url}?${new URLSearchParams(asked.data)}` : asked.url
  let answer: Response
  try {
    answer = await fetch(url, {
      method: asked.method,
      headers: asked.header,
      ...(get ? {} : { body: JSON.stringify(asked.data) }),
    })
  } catch {
    asked.fail()
    return
  }
  const text = await answer.text()
  let data: unknown = text
  try {
    data = JSON.parse(text)
  } catch {
    // WeChat hands over what is no JSON as it is.
  }
  asked.success({ statusCode: answer.status, data })
}

const storage = new Map<string, unknown>()
let page: Record<string, any> = {}
Object.assign(globalThis, {
  wx: {
    request,
    getStorageSync: (key: string) => storage.get(key) ?? '',
    setStorageSync: (key: string, value: unknown) => storage.set(key, value),
    getAppBaseInfo: () => ({ fontSizeSetting: 23 }),
  },
  getApp: () => ({ globalData: { apiUrl } }),
  Page: (described: Record<string, unknown>) => {
    page = described
    page.setData = (changed: Data) => Object.assign(page.data, changed)
  },
})

await import(pathToFileURL(`${folder}/pages/guides/guides.ts`).href)
for (const { call, value } of JSON.parse(steps) as Step[]) {
  await page[call]({ detail: { value } })
  console.log(JSON.stringify(page.data))
}
