"""A client of the feed: follows views of a workspace through lost lines, from where it was.

    async with Feed("ws://127.0.0.1:8000/feed", token) as feed:
        mine = feed.follow(assigned_to_me=True)
        async for change in mine:
            print(change.type, mine.items)

It knows nothing of the gateway's inside: only docs/feed-protocol.md.
"""

from gateway.client.feed import Feed, FeedClosed, Following
from gateway.client.view import Change, Item, View

__all__ = ["Change", "Feed", "FeedClosed", "Following", "Item", "View"]
