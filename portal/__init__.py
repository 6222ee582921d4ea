"""The web door: public pages, citizens' pages opened inside WeChat, officers' desks.

HTML rendered here, one file per capability; everything works without JavaScript. A page translates
and never decides: it asks the desk, and shows what the desk says, also when it says no.
"""
