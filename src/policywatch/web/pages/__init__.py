"""The pages, one file each: `routes(site)` says where it answers, and nothing has to be registered.

A page looks at the store once, in one snapshot, and gives plain values. `templates/web/<page>.html.j2` draws them in
the words of `templates/web/words/<page>.yaml`; who asks for JSON gets them as they are, at the same address.
"""
