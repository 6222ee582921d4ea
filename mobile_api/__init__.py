"""The mobile API: JSON for phone apps, mini programs, self-service terminals and hall devices."""
