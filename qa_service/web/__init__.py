"""The HTTP floor: the only place that knows asyncio. One module a topic, put together in `app.create_app`."""
