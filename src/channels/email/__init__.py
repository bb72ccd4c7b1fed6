"""Mail: MIME in (RFC 5322, RFC 2045 and whatever arrives in their name), SMTP out."""
