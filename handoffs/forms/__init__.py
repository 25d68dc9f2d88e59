"""What an admin may enter. Every rule has its error beside the field it is about."""
