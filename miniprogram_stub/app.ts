// The whole mini program: where the service is.

export interface Desk {
  globalData: { apiUrl: string }
}

const DEVELOPMENT = 'http://127.0.0.1:8000'
const SERVICE = 'https://city.example' // set when the account and its domain exist

function apiUrl(): string {
  const version = wx.getAccountInfoSync().miniProgram.envVersion
  return version === 'develop' ? DEVELOPMENT : SERVICE
}

App<Desk>({
  globalData: { apiUrl: apiUrl() },
})
