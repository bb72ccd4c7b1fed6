"""Logging in by an OpenID provider: the authorization code flow with PKCE (OpenID Connect Core)."""
