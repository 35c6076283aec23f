"""Push: notifications to devices that no live session reaches, by Web Push and by Firebase Cloud Messaging.

`webpush` and `fcm` each give a `hub.push.PushSender`; they are imported only by whoever switches them on.
"""
