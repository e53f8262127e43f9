"""One picture's whole way, as data that can be sent anywhere, and the order in which pictures go it."""
