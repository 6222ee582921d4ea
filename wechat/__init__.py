"""The official account: WeChat pushes what citizens type and tap; we answer within five seconds."""
