"""What a workspace's own history teaches: the types of conversations."""
