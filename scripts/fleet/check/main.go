// Holds a manifest of a Kubernetes Job against Kubernetes' own types: an unknown key or a value of another type is refused, as
// the API server refuses it under strict validation. What only a cluster can know (quotas, volumes, images) is not looked at.
package main

import (
	"fmt"
	"os"

	batch "k8s.io/api/batch/v1"
	"sigs.k8s.io/yaml"
)

func main() {
	for _, path := range os.Args[1:] {
		if err := check(path); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", path, err)
			os.Exit(1)
		}
	}
}

func check(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var job batch.Job
	if err := yaml.UnmarshalStrict(text, &job); err != nil {
		return err
	}
	if job.APIVersion != batch.SchemeGroupVersion.String() || job.Kind != "Job" {
		return fmt.Errorf("it has to be a Job of %s, not a %q of %q", batch.SchemeGroupVersion, job.Kind, job.APIVersion)
	}
	// The types cannot say that these are needed.
	spec := job.Spec.Template.Spec
	if job.Name == "" || spec.RestartPolicy == "" || len(spec.Containers) == 0 || spec.Containers[0].Image == "" {
		return fmt.Errorf("a Job needs a name, a restart policy, and a container with an image")
	}
	return nil
}
